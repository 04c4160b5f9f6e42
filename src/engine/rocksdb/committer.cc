#include "engine/rocksdb/committer.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/metrics.h"
#include "engine/rocksdb/blob_writer.h"

namespace postern::engine {
namespace {

// LIMIT: of one group, so that one flush stays short and memory bounded; a larger single batch goes
// alone.
constexpr std::size_t kMaxGroup = 1024;
constexpr std::size_t kMaxGroupBytes = 8 << 20;
// Below this the file system is as good as full: RocksDB needs room to rotate its files. What may
// use the reserve goes further, an EXPUNGE for example, which is what makes room later; what gives
// space back at once goes on as long as the log has room for it.
constexpr std::uint64_t kLastBytes = 4 << 20;
constexpr std::uint64_t kUrgentBytes = 512 << 10;
constexpr std::uint64_t kFreeingBytes = 256 << 10;

Histogram commit_seconds("postern_engine_commit_seconds", "From commit() to durable.");
Histogram flush_seconds("postern_engine_flush_seconds",
                        "One group: body flush and metadata flush.");

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

const SegmentBlobWriter* segment_writer(const BlobWriter* writer) {
  return dynamic_cast<const SegmentBlobWriter*>(writer);
}

std::size_t disk_cost(const Batch& batch) {
  const std::size_t items = batch.puts.size() + batch.deletes.size() + batch.delete_ranges.size() +
                            batch.blobs.size() + batch.drops.size();
  std::size_t cost = byte_size(batch) + 64 * items;
  for (const auto& blob : batch.blobs) {
    const auto* writer = segment_writer(blob.get());
    if (writer != nullptr && writer->exclusive()) cost -= static_cast<std::size_t>(writer->size());
  }
  return cost;
}

}  // namespace

Committer::Committer(Parts parts, Ledger ledger, std::uint64_t epoch_base,
                     std::uint64_t segment_bytes)
    : parts_(parts),
      appender_(parts.files, segment_bytes, parts.faults),
      ledger_(std::move(ledger)),
      next_epoch_(epoch_base + 1),
      thread_([this] { run(); }) {}

Committer::~Committer() {
  stop();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Committer::commit(AccountId account, Epoch epoch, Batch batch, Engine::Urgency urgency,
                       Engine::Done done) {
  Request request;
  request.account = account;
  request.epoch = epoch;
  request.cost = disk_cost(batch);
  request.batch = std::move(batch);
  request.urgency = urgency;
  request.done = std::move(done);
  submit(std::move(request));
}

void Committer::acquire(AccountId account, OneShot<Result<Epoch>> out) {
  Request request;
  request.account = account;
  request.epoch_out = std::move(out);
  submit(std::move(request));
}

void Committer::submit(Request request) {
  request.queued = system_clock().now();
  {
    const std::lock_guard lock(mutex_);
    request.late = stopped_;
    queue_.push_back(std::move(request));
  }
  changed_.notify_all();
}

void Committer::stop() {
  std::unique_lock lock(mutex_);
  stopped_ = true;
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    busy_ = true;
    Group group = take_group();
    lock.unlock();
    process(group);
    group.clear();  // batches and callbacks go before anyone hears that the queue is empty
    lock.lock();
    busy_ = false;
    if (queue_.empty()) changed_.notify_all();
  }
}

Committer::Group Committer::take_group() {
  Group group;
  std::size_t bytes = 0;
  while (!queue_.empty() && group.size() < kMaxGroup) {
    bytes += queue_.front().cost;
    if (!group.empty() && bytes > kMaxGroupBytes) break;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

Result<void> Committer::ready() {
  if (parts_.db.health() == Database::Health::kNoSpace) {
    // Background work of RocksDB ran out of space. Resuming deletes what the failed work left half
    // done and tries again; if that is not enough, the reserve is for this.
    Result<void> resumed = parts_.db.resume();
    if (!resumed.has_value() && parts_.space.has_reserve()) {
      parts_.space.release();
      resumed = parts_.db.resume();
    }
    if (!resumed.has_value()) return fail(Errc::kFull, resumed.error().detail);
  }
  if (parts_.db.health() == Database::Health::kFailed && !failed_) {
    stop_for_good(Error{Errc::kIo, "background work of the metadata store failed", {}});
  }
  if (failed_) return fail(Errc::kUnavailable, "a flush failed: the engine must be opened again");
  return {};
}

void Committer::stop_for_good(const Error& error) {
  failed_ = true;
  log_error("engine_stopped", {{"code", to_string(error.code)}, {"detail", error.detail}});
}

// Sets the request's result if it fails before anything is written.
void Committer::check(Request& request, std::uint64_t& room) const {
  const auto owned = epochs_.find(request.account);
  if (owned == epochs_.end() || owned->second != request.epoch) {
    request.result = fail(Errc::kNotOwner, "commit under another epoch than the account's");
    return;
  }
  for (const auto& [key, value] : request.batch.puts) {
    if (key.size() <= kMaxKeySize) continue;
    request.result = fail(Errc::kInvalid, "a key that is too long");
    return;
  }
  for (const auto& blob : request.batch.blobs) {
    const auto* writer = segment_writer(blob.get());
    if (writer != nullptr && writer->finished() && writer->frame().account == request.account &&
        &writer->files() == &parts_.files) {
      continue;
    }
    request.result = fail(Errc::kInvalid, "a blob that is not finished or not of this account");
    return;
  }
  if (request.urgency == Engine::Urgency::kNormal && request.cost > 0) {
    if (request.cost > room) {
      request.result = fail(Errc::kFull, "below min_free");
      return;
    }
    room -= request.cost;
  }
}

void Committer::process(Group& group) {
  const TimePoint started = system_clock().now();
  const Result<void> open = ready();
  const std::uint64_t free = parts_.space.free_bytes();
  std::uint64_t room = free > parts_.space.min_free() ? free - parts_.space.min_free() : 0;
  std::vector<std::pair<std::size_t, Epoch>> acquired;
  bool anything = false;
  for (std::size_t i = 0; i < group.size(); ++i) {
    Request& request = group[i];
    if (request.late) {
      request.result = fail(Errc::kUnavailable, "the engine was stopped");
    } else if (!open.has_value()) {
      request.result = std::unexpected(open.error());
      // Owning an account needs no space.
      if (request.epoch_out && open.error().code == Errc::kFull) request.result = {};
    }
    if (request.epoch_out && request.result.has_value()) {
      epochs_[request.account] = Epoch{next_epoch_};
      acquired.emplace_back(i, Epoch{next_epoch_++});
    } else if (request.result.has_value()) {
      check(request, room);
      anything = anything || (request.result.has_value() && !request.batch.empty());
    }
  }
  if (anything) {
    const Result<void> written = write(group);
    for (Request& request : group) {
      if (!written.has_value() && request.result.has_value() && !request.epoch_out &&
          !request.batch.empty()) {
        request.result = std::unexpected(written.error());
      }
    }
    flush_seconds.observe(seconds(system_clock().now() - started));
  }
  auto next_acquired = acquired.begin();
  for (std::size_t i = 0; i < group.size(); ++i) {
    Request& request = group[i];
    if (!request.epoch_out) {
      if (request.result.has_value())
        commit_seconds.observe(seconds(system_clock().now() - request.queued));
      request.done(std::move(request.result));
    } else if (request.result.has_value()) {
      request.epoch_out->set((next_acquired++)->second);
    } else {
      request.epoch_out->set(std::unexpected(request.result.error()));
    }
  }
  parts_.space.maintain();
}

Result<void> Committer::secure_space(Group& group) {
  const auto secure = [&](std::uint64_t needed) {
    for (const Request& request : group) {
      if (request.result.has_value()) needed += 2 * request.cost;
    }
    return parts_.space.secure(needed);
  };
  if (secure(kLastBytes)) return {};
  const auto refuse_unless = [&](const auto& may_go_on) {
    for (Request& request : group) {
      if (request.result.has_value() && !request.batch.empty() && !may_go_on(request))
        request.result = fail(Errc::kFull, "the disk is full");
    }
  };
  const auto frees = [](const Request& request) {
    const Batch& batch = request.batch;
    return !batch.drops.empty() || !batch.deletes.empty() || !batch.delete_ranges.empty();
  };
  refuse_unless([&](const Request& request) {
    return request.urgency == Engine::Urgency::kMayUseReserve || frees(request);
  });
  if (secure(kUrgentBytes)) return {};
  refuse_unless(frees);
  if (secure(kFreeingBytes)) return {};
  return fail(Errc::kFull, "the disk is full");
}

// Bodies, then metadata. The error is what every request of the group gets.
Result<void> Committer::write(Group& group) {
  POSTERN_CHECK_OK(secure_space(group));
  SegmentAppender::Place place;
  POSTERN_CHECK_OK(write_bodies(group, place));
  Database::Changes changes(parts_.db);
  if (const Result<void> planned = plan(group, place, changes); !planned.has_value()) {
    ledger_.revert();
    condemned_.clear();
    return fail(Errc::kUnavailable, planned.error().detail);
  }
  for (const std::string& key : parts_.reaper.take_stale_keys()) changes.delete_own(key);

  const int injected = parts_.faults ? parts_.faults(FaultPoint::kMetaWrite) : 0;
  const Result<void> written = injected != 0 ? Result<void>(fail_errno(injected, "write metadata"))
                                             : parts_.db.write(changes);
  if (!written.has_value()) {
    stop_for_good(written.error());
    // The write may be in the log all the same: files that it may name stay for the next start to
    // judge.
    for (Request& request : group) {
      for (auto& blob : request.batch.blobs) {
        if (request.result.has_value()) static_cast<SegmentBlobWriter&>(*blob).keep_file();
      }
    }
    return fail(Errc::kUnknownOutcome, written.error().detail);
  }
  for (Request& request : group) {
    if (!request.result.has_value()) continue;
    for (auto& blob : request.batch.blobs) static_cast<SegmentBlobWriter&>(*blob).keep_file();
  }
  for (const std::uint64_t segment : ledger_.settle()) {
    if (segment != appender_.current()) parts_.reaper.retire_shared(parts_.pool, segment);
  }
  for (const std::uint64_t segment : std::exchange(condemned_, {})) {
    parts_.reaper.unlink_exclusive(parts_.pool, segment);
  }
  return {};
}

Result<void> Committer::write_bodies(const Group& group, SegmentAppender::Place& place) {
  std::string frames;
  for (const Request& request : group) {
    if (!request.result.has_value()) continue;
    for (const auto& blob : request.batch.blobs) {
      const auto& writer = *segment_writer(blob.get());
      if (writer.exclusive()) continue;
      frames += encode(writer.frame());
      frames += writer.payload();
      frames.resize(static_cast<std::size_t>((frames.size() + kFrameAlignment - 1) /
                                             kFrameAlignment * kFrameAlignment));
    }
  }
  if (frames.empty()) return {};
  const auto prepared = appender_.prepare(frames.size());
  if (!prepared.has_value()) {
    const Error& error = prepared.error();
    return fail(error.code == Errc::kFull ? Errc::kFull : Errc::kUnavailable, error.detail);
  }
  place = *prepared;
  // The segment before may have lost its last frame while it was still being written.
  if (const std::uint64_t before = std::exchange(last_segment_, place.segment);
      before != 0 && before != place.segment && ledger_.empty(before)) {
    parts_.reaper.retire_shared(parts_.pool, before);
  }
  Result<void> written = appender_.write(frames);
  if (!written.has_value() && written.error().code == Errc::kFull) return written;
  if (written.has_value()) written = appender_.sync();
  if (written.has_value()) return {};
  // The metadata was not written, so nothing happened; but a disk that fails a flush is not to be
  // trusted.
  stop_for_good(written.error());
  return fail(Errc::kUnavailable, written.error().detail);
}

Result<void> Committer::plan(Group& group, SegmentAppender::Place place,
                             Database::Changes& changes) {
  std::vector<std::string> drop_keys;
  for (const Request& request : group) {
    if (!request.result.has_value()) continue;
    for (const BlobId& id : request.batch.drops) drop_keys.push_back(blob_key(request.account, id));
  }
  std::ranges::sort(drop_keys);
  drop_keys.erase(std::unique(drop_keys.begin(), drop_keys.end()), drop_keys.end());
  // Where the blobs this group drops lie: in the store, or adopted by an earlier batch of the
  // group.
  std::unordered_map<std::string, Locator> located;
  if (!drop_keys.empty()) {
    POSTERN_TRY(const auto stored, parts_.db.find_locators(drop_keys));
    for (std::size_t i = 0; i < stored.size(); ++i) {
      if (stored[i]) located.emplace(drop_keys[i], *stored[i]);
    }
  }
  for (Request& request : group) {
    if (!request.result.has_value()) continue;
    POSTERN_CHECK_OK(changes.add(request.account, request.batch));
    for (const auto& blob : request.batch.blobs) {
      const auto& writer = *segment_writer(blob.get());
      const FrameHeader frame = writer.frame();
      Locator locator{.length = frame.length, .payload_crc = frame.payload_crc};
      if (writer.exclusive()) {
        locator.kind = SegmentKind::kExclusive;
        locator.segment = writer.segment();
        locator.offset = kSegmentHeaderSize;
      } else {
        locator.segment = place.segment;
        locator.offset = place.offset;
        place.offset += frame_extent(frame.length);
        ledger_.add_frame(place.segment, frame_extent(frame.length));
      }
      const std::string key = blob_key(request.account, frame.id);
      changes.put_locator(key, locator);
      located[key] = locator;
    }
    for (const BlobId& id : request.batch.drops) {
      const std::string key = blob_key(request.account, id);
      const auto found = located.find(key);
      if (found == located.end()) continue;
      changes.delete_locator(key);
      if (found->second.kind == SegmentKind::kExclusive) {
        changes.put_own(unlink_key(found->second.segment), "");
        condemned_.push_back(found->second.segment);
      } else {
        ledger_.drop_frame(found->second.segment, frame_extent(found->second.length));
      }
      located.erase(found);
    }
  }
  ledger_.record(changes);
  return {};
}

}  // namespace postern::engine
