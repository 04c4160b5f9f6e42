// Engine: the storage contract. Everything above sees atomic, ordered, durable commits per account, and
// immutable blobs. About a dozen calls; engine/memory is the model, engine/rocksdb the default.
//
// Keys and values are opaque bytes; keys of one account order as unsigned bytes. Each account belongs to
// one writer at a time: acquire() gives an epoch, and a commit under an older epoch fails (kNotOwner).
//
// Order and durability (the conformance suite checks exactly this):
//  - commit() is atomic and FIFO per account; `done` runs in that order, after the flush that holds the
//    batch and the blobs it adopts, on an engine thread: it must be short and must not block.
//  - kUnavailable and kFull: nothing happened. kUnknownOutcome: may or may not be durable; the caller
//    reloads the account. After a failed flush nothing more is accepted until the engine recovered.
//  - a blob is readable once the commit that adopted it is done; a blob never adopted is garbage.
//  - load()/scan() see every commit whose `done` has run.
//
// Threads: all calls from any thread. Reads are coroutines: what is in memory is answered inline, what may
// block runs on the engine's pool and the awaiter resumes on its executor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"

namespace postern::engine {

// Random, never reused: also the salt of the blob's key.
using BlobId = std::array<std::uint8_t, 16>;

// Receives a blob's bytes. Small blobs stay in memory until their commit writes them; past a threshold
// (256 KiB) they are written through to the engine, so a 50 MB body never sits in memory.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  // without finish(): nothing remains
  virtual task<Result<void>> append(std::string_view bytes) = 0;
  // No more bytes; flushed as far as a separate flush is needed. Then move the writer into a Batch.
  virtual task<Result<void>> finish() = 0;
  [[nodiscard]] virtual const BlobId& id() const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

struct Batch {
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> deletes;
  std::vector<std::pair<std::string, std::string>> delete_ranges;  // [first, last)
  std::vector<std::unique_ptr<BlobWriter>> blobs;                  // finished writers to adopt
  std::vector<BlobId> drops;  // blobs no key names any more; freed lazily, idempotent
  [[nodiscard]] bool empty() const {
    return puts.empty() && deletes.empty() && delete_ranges.empty() && blobs.empty() && drops.empty();
  }
};

struct Item {
  std::string key;
  std::string value;
};

struct Space {
  std::uint64_t free_bytes = 0;   // left for deliveries, the reserve not counted
  std::uint64_t used_bytes = 0;
  bool accepting = true;          // false: below min_free, or the engine stopped after a failed flush
};

class Engine {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~Engine() = default;

  // Fences older owners and returns the epoch that commits must carry.
  virtual task<Result<Epoch>> acquire(AccountId account) = 0;

  // Keys in [first, last), ascending, at most `limit` items (0 = all). "" as last = to the end.
  virtual task<Result<std::vector<Item>>> scan(AccountId account, std::string first, std::string last,
                                               std::size_t limit) = 0;
  // Values for the keys, in their order; nullopt where absent.
  virtual task<Result<std::vector<std::optional<std::string>>>> get(AccountId account,
                                                                    std::vector<std::string> keys) = 0;

  // `urgent` batches (EXPUNGE, flags, logins) may use the reserve when the disk is full.
  enum class Urgency : std::uint8_t { kNormal, kMayUseReserve };
  virtual void commit(AccountId account, Epoch epoch, Batch batch, Urgency urgency, Done done) = 0;

  virtual Result<std::unique_ptr<BlobWriter>> create_blob(AccountId account, const BlobId& id,
                                                          std::uint64_t size_hint) = 0;
  // Up to `length` bytes from `offset`; shorter at the end. kNotFound, kCorrupt, kIo.
  virtual task<Result<std::string>> read_blob(AccountId account, const BlobId& id, std::uint64_t offset,
                                              std::size_t length) = 0;

  // Accounts that have at least one key, ascending.
  virtual task<Result<std::vector<AccountId>>> list_accounts() = 0;

  [[nodiscard]] virtual Space space() const = 0;
  // Ends all service: later commits fail with kUnavailable, those accepted are finished first.
  virtual void stop() = 0;
};

}  // namespace postern::engine
