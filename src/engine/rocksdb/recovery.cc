#include "engine/rocksdb/recovery.h"

#include <algorithm>
#include <set>

#include "base/codec.h"
#include "base/log.h"
#include "engine/rocksdb/alive.h"

namespace postern::engine {
namespace {

Result<std::uint64_t> own_number(const Database& db, std::string_view key) {
  POSTERN_TRY(const std::vector<Item> items, db.own_records(key));
  if (items.empty()) return std::uint64_t{0};
  ByteReader in(items[0].value);
  const std::uint64_t value = in.u64();
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "record " + std::string(key));
  return value;
}

std::string number_value(std::uint64_t value) {
  ByteWriter out;
  out.u64(value);
  return out.take();
}

// The segment number of an "s" or "x" key; nothing for a malformed one.
std::optional<std::uint64_t> numbered(std::string_view key) {
  ByteReader in(key.substr(1));
  const std::uint64_t number = in.u64();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return number;
}

enum class Verdict : std::uint8_t { kNamed, kOrphan, kUnclear };

// Whether a commit names anything in this young file.
Result<Verdict> judge(const Database& db, SegmentFiles& files, const Ledger& ledger,
                      std::uint64_t number) {
  POSTERN_TRY(const auto file, files.open(number));
  const auto header = file->header();
  if (!header.has_value()) return Verdict::kUnclear;
  if (header->kind == SegmentKind::kShared) {
    SegmentUse alive;
    const bool orphan = ledger.empty(number) && is_dead(db, files, number, alive);
    return orphan ? Verdict::kOrphan : Verdict::kNamed;
  }
  std::optional<FrameHeader> frame;
  const auto walked = file->each_frame([&](std::uint64_t, const FrameHeader& found) {
    if (!frame) frame = found;
  });
  if (!walked.has_value() || !frame) return Verdict::kUnclear;
  const auto locator = *db.find_locator(ReadFrom::kDisk, frame->account, frame->id);
  if (!locator.has_value()) {
    if (locator.error().code == Errc::kNotFound) return Verdict::kOrphan;
    return std::unexpected(locator.error());
  }
  return locator->segment == number ? Verdict::kNamed : Verdict::kOrphan;
}

Result<void> remove_orphans(const Database& db, SegmentFiles& files, const Ledger& ledger,
                            const std::vector<std::uint64_t>& young) {
  std::size_t removed = 0;
  std::set<std::uint64_t> unclear;
  for (const std::uint64_t number : young) {
    POSTERN_TRY(const Verdict verdict, judge(db, files, ledger, number));
    if (verdict == Verdict::kUnclear) unclear.insert(number);
    if (verdict != Verdict::kOrphan) continue;
    files.unlink(number);
    ++removed;
  }
  if (!unclear.empty()) {
    POSTERN_CHECK_OK(
        db.each_locator([&](const Locator& locator) { unclear.erase(locator.segment); }));
    for (const std::uint64_t number : unclear) files.unlink(number);
    removed += unclear.size();
  }
  if (removed > 0) log_info("orphan_segments_removed", {{"count", removed}});
  return {};
}

}  // namespace

Result<Recovered> recover(Database& db, SegmentFiles& files) {
  Recovered recovered;
  POSTERN_TRY(recovered.opens, own_number(db, kOpensKey));
  ++recovered.opens;
  POSTERN_TRY(const std::uint64_t checked, own_number(db, kCheckedKey));
  POSTERN_TRY(const std::vector<Item> uses, db.own_records("s"));
  POSTERN_TRY(const std::vector<Item> condemned, db.own_records("x"));
  // Numbers that a record names are taken, too, even if the file is gone.
  std::uint64_t at_least = checked;
  for (const auto* items : {&uses, &condemned}) {
    if (!items->empty()) at_least = std::max(at_least, numbered(items->back().key).value_or(0) + 1);
  }
  POSTERN_TRY(std::vector<std::uint64_t> present, files.list(at_least));

  Database::Changes changes(db);
  std::set<std::uint64_t> settled;  // nothing more to judge
  for (const Item& item : condemned) {
    const auto number = numbered(item.key);
    if (number) files.unlink(*number);
    if (number) settled.insert(*number);
    changes.delete_own(item.key);
  }
  for (const Item& item : uses) {
    const auto number = numbered(item.key);
    if (!number) return fail(Errc::kCorrupt, "a segment's count without its number");
    POSTERN_TRY(SegmentUse use, parse_segment_use(item.value));
    if (use.frames == 0) {
      settled.insert(*number);
      if (is_dead(db, files, *number, use)) {
        files.unlink(*number);
        changes.delete_own(item.key);
        continue;
      }
      if (use.frames > 0) changes.put_own(item.key, encode(use));
    }
    recovered.ledger.set(*number, use);
    if (!std::ranges::binary_search(present, *number)) {
      // Its blobs answer kCorrupt one by one; the rest is served.
      log_error("segment_missing", {{"path", files.path(*number).string()}, {"blobs", use.frames}});
    }
  }
  std::erase_if(present,
                [&](std::uint64_t number) { return number < checked || settled.contains(number); });
  POSTERN_CHECK_OK(remove_orphans(db, files, recovered.ledger, present));
  changes.put_own(kOpensKey, number_value(recovered.opens));
  changes.put_own(kCheckedKey, number_value(files.first_free()));
  POSTERN_CHECK_OK(db.write(changes));
  return recovered;
}

}  // namespace postern::engine
