// Engine: the storage contract. Everything above sees atomic, ordered, durable commits per account,
// and immutable blobs. About a dozen calls; engine/memory is the model, engine/rocksdb the default.
//
// Keys and values are opaque bytes; keys of one account order as unsigned bytes. Each account
// belongs to one writer at a time: acquire() gives an epoch, and a commit under an older epoch
// fails (kNotOwner).
//
// Order and durability (the conformance suite checks exactly this):
//  - commit() is atomic and FIFO per account; `done` runs exactly once, in that order, after the
//  flush that
//    holds the batch and the blobs it adopts, on an engine thread: it must be short, must not block
//    and must not throw. It may call commit(); it must not call stop().
//  - Inside one batch: delete_ranges, then deletes, then puts (the last put of a key wins), then
//  blobs are
//    adopted, then drops. So a batch may clear a range and fill it again.
//  - kUnavailable, kFull, kNotOwner, kInvalid: nothing happened, and what later commits do does not
//  depend
//    on it: a caller that queued several and sees the first fail must treat the rest on their own
//    results. kUnknownOutcome: may or may not be durable; the caller reloads the account. After a
//    failed flush nothing more is accepted until the engine was opened again; reads go on.
//  - A commit that failed has destroyed its batch: the blobs it was to adopt are gone with it
//  (after
//    kUnknownOutcome they may exist, and then the keys of the batch do, too).
//  - acquire() waits for the commits queued before it. Once it returned, no commit of an older
//  epoch takes
//    effect. A commit for an account nobody acquired in this process fails (kNotOwner).
//  - a blob is readable once the commit that adopted it is done; before that, and after the commit
//  that
//    dropped it, it is kNotFound. A blob never adopted is garbage and is reclaimed.
//  - scan() and get() see every commit whose `done` has run, and each call sees one moment.
//  - "" as the end of a range means: to the end of the account.
//
// Threads: all calls from any thread. Reads are coroutines: what is in memory is answered inline,
// what may block runs on the engine's pool and the awaiter resumes on its executor. Nothing may be
// awaited while the engine is destroyed; a BlobWriter must not outlive its engine.
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

// LIMIT: bytes of a key; a longer one in a batch is kInvalid.
inline constexpr std::size_t kMaxKeySize = 4096;

// Random, never reused: also the salt of the blob's key.
using BlobId = std::array<std::uint8_t, 16>;

// Receives a blob's bytes. Small blobs stay in memory until their commit writes them; past a
// threshold (256 KiB) they are written through to the engine, so a 50 MB body never sits in memory.
// Used by one coroutine at a time. After a failed call only destruction is left.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;  // without an adopting commit nothing remains
  // `bytes` must stay valid until the task is done. kFull, kIo, kUnavailable; kInvalid after
  // finish().
  virtual task<Result<void>> append(std::string_view bytes) = 0;
  // No more bytes; flushed as far as a separate flush is needed. Then move the writer into a Batch.
  // A batch that carries a writer without finish(), or of another account, fails with kInvalid.
  virtual task<Result<void>> finish() = 0;
  [[nodiscard]] virtual const BlobId& id() const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
};

struct Batch {
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> deletes;
  std::vector<std::pair<std::string, std::string>> delete_ranges;  // [first, last)
  std::vector<std::unique_ptr<BlobWriter>> blobs;                  // finished writers to adopt
  std::vector<BlobId>
      drops;  // blobs no key names any more; space freed lazily; absent ones are ignored
  [[nodiscard]] bool empty() const {
    return puts.empty() && deletes.empty() && delete_ranges.empty() && blobs.empty() &&
           drops.empty();
  }
};

// The smallest key greater than every key that starts with `prefix`, for ranges [prefix, end). ""
// (to the end) when there is none: the prefix is empty or all 0xff.
[[nodiscard]] std::string prefix_end(std::string_view prefix);

// What a batch weighs in memory and in the log, blobs included: for group sizes and bounds.
[[nodiscard]] std::size_t byte_size(const Batch& batch);

struct Item {
  std::string key;
  std::string value;
};

struct Space {
  std::uint64_t free_bytes = 0;  // left for deliveries: above min_free, the reserve not counted
  std::uint64_t used_bytes = 0;  // what the engine's own files take
  bool accepting = true;         // false: below min_free, after a failed flush, or stopped
};

class Engine {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~Engine() = default;

  // Fences older owners and returns the epoch that commits must carry: greater than every epoch of
  // this account before, also across restarts. kUnavailable.
  virtual task<Result<Epoch>> acquire(AccountId account) = 0;

  // Keys in [first, last), ascending, at most `limit` items (0 = all). "" as last = to the end.
  virtual task<Result<std::vector<Item>>> scan(AccountId account, std::string first,
                                               std::string last, std::size_t limit) = 0;
  // Values for the keys, in their order; nullopt where absent.
  virtual task<Result<std::vector<std::optional<std::string>>>> get(
      AccountId account, std::vector<std::string> keys) = 0;

  // kMayUseReserve (EXPUNGE, flags, logins) still commits when the disk is too full for deliveries.
  // An empty batch is a barrier: done when everything before it is.
  enum class Urgency : std::uint8_t { kNormal, kMayUseReserve };
  virtual void commit(AccountId account, Epoch epoch, Batch batch, Urgency urgency, Done done) = 0;

  // `id` was never used before in this account. kFull when `size_hint` (0 = unknown) does not fit
  // above min_free; kUnavailable.
  virtual Result<std::unique_ptr<BlobWriter>> create_blob(AccountId account, const BlobId& id,
                                                          std::uint64_t size_hint) = 0;
  // Up to `length` bytes from `offset`; shorter at the end, empty past it. kNotFound, kCorrupt,
  // kIo.
  virtual task<Result<std::string>> read_blob(AccountId account, const BlobId& id,
                                              std::uint64_t offset, std::size_t length) = 0;

  // Accounts that have at least one key, ascending.
  virtual task<Result<std::vector<AccountId>>> list_accounts() = 0;

  [[nodiscard]] virtual Space space() const = 0;
  // Ends writing: those accepted before are finished, their `done`s have run when it returns; later
  // commits and create_blob fail with kUnavailable. Reads go on. Idempotent; the destructor does
  // it, too.
  virtual void stop() = 0;
};

}  // namespace postern::engine
