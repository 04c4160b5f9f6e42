// The memory engine: the model of the contract in ordered maps, the oracle of the conformance
// suite, and the engine the rooms above test against. Nothing is durable.
//
// Deterministic: commits take effect strictly in the order of commit(), one at a time. `done` runs
// on the engine's one thread, or, with Delivery::kInline, inside the call that made it possible
// (then a test on one thread has no second thread at all).
//
// Thread-safe. The fault hooks below act on whatever comes next; they are for tests.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/engine.h"

namespace postern::engine {

class MemoryEngine : public Engine {
 public:
  enum class Delivery : std::uint8_t { kThread, kInline };
  // For kUnknownOutcome: whether the batch had become durable after all.
  enum class Effect : std::uint8_t { kNone, kApplied };

  [[nodiscard]] static std::unique_ptr<MemoryEngine> create(Delivery delivery = Delivery::kThread);

  // The next commit that reaches its turn fails with `code`. May be called several times: a queue.
  virtual void fail_next_commit(Errc code, Effect effect = Effect::kNone) = 0;
  // The next read (scan, get, read_blob, list_accounts) fails with `code`.
  virtual void fail_next_read(Errc code) = 0;
  // Commits and acquires wait from now on, until release_commits(); queued_commits() counts them.
  virtual void hold_commits() = 0;
  virtual void release_commits() = 0;
  [[nodiscard]] virtual std::size_t queued_commits() const = 0;
  // What is left above min_free: at 0 normal commits and create_blob fail with kFull.
  virtual void set_free_bytes(std::uint64_t bytes) = 0;
};

}  // namespace postern::engine
