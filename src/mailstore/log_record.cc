#include "mailstore/log_record.h"

#include <limits>

namespace postern::mailstore {
namespace {

constexpr std::uint8_t kVersion = 1;
enum Tag : std::uint8_t { kAdd = 1, kFlags = 2, kExpunge = 3 };
constexpr std::uint8_t kSystemMask = kSeen | kAnswered | kFlagged | kDeleted | kDraft;

void encode_add(ByteWriter& out, const AddSection& section) {
  out.varint(section.rows.size());
  std::uint32_t uid = 0;
  std::int64_t email = 0, date = 0, saved = 0;
  for (const AddSection::Row& entry : section.rows) {
    const MessageRow& row = entry.row;
    out.varint(row.uid.value() - uid);
    out.svarint(static_cast<std::int64_t>(row.email.value()) - email);
    out.varint(row.size);
    out.svarint(row.internal_date - date);
    out.svarint(row.zone_minutes);
    out.svarint(std::int64_t{row.save_date} - saved);
    encode_flag_set(out, entry.flags);
    uid = row.uid.value();
    email = static_cast<std::int64_t>(row.email.value());
    date = row.internal_date;
    saved = row.save_date;
  }
}

Result<AddSection> decode_add(ByteReader& in) {
  AddSection section;
  const std::uint64_t count = in.varint();
  // Every row takes at least seven octets, so the count cannot ask for more memory than its bytes.
  if (!in.ok() || count > in.remaining() / 7) return fail(Errc::kCorrupt, "log record: row count");
  section.rows.reserve(count);
  std::uint64_t uid = 0;
  std::uint64_t email = 0, date = 0,
                saved = 0;  // unsigned: damaged deltas wrap instead of overflow
  for (std::uint64_t i = 0; i < count; ++i) {
    AddSection::Row entry;
    const std::uint64_t step = in.varint();
    if (step == 0 || step > std::numeric_limits<std::uint32_t>::max())
      return fail(Errc::kCorrupt, "log record: uid");
    uid += step;
    email += static_cast<std::uint64_t>(in.svarint());
    const std::uint64_t size = in.varint();
    date += static_cast<std::uint64_t>(in.svarint());
    const std::int64_t zone = in.svarint();
    saved += static_cast<std::uint64_t>(in.svarint());
    entry.flags = decode_flag_set(in);
    if (!in.ok() || uid > std::numeric_limits<std::uint32_t>::max() || email == 0 ||
        size > std::numeric_limits<std::uint32_t>::max() ||
        saved > std::numeric_limits<std::uint32_t>::max() ||
        zone < std::numeric_limits<std::int16_t>::min() ||
        zone > std::numeric_limits<std::int16_t>::max()) {
      return fail(Errc::kCorrupt, "log record: row");
    }
    entry.row.uid = Uid(static_cast<std::uint32_t>(uid));
    entry.row.email = EmailId(email);
    entry.row.size = static_cast<std::uint32_t>(size);
    entry.row.internal_date = static_cast<std::int64_t>(date);
    entry.row.zone_minutes = static_cast<std::int16_t>(zone);
    entry.row.save_date = static_cast<std::uint32_t>(saved);
    section.rows.push_back(entry);
  }
  return section;
}

}  // namespace

FlagSet apply_flags(const FlagSet& before, FlagMode mode, const FlagSet& change) {
  FlagSet after = before;
  switch (mode) {
    case FlagMode::kReplace:
      return change;
    case FlagMode::kAdd:
      after.system |= change.system;
      after.keywords |= change.keywords;
      break;
    case FlagMode::kRemove:
      after.system &= static_cast<std::uint8_t>(~change.system);
      after.keywords &= ~change.keywords;
      break;
  }
  return after;
}

void encode_flag_set(ByteWriter& out, const FlagSet& flags) {
  out.u8(flags.system);
  out.varint(flags.keywords.count());
  if (flags.keywords.none()) return;
  for (std::size_t i = 0; i < kMaxKeywords; ++i) {
    if (flags.keywords.test(i)) out.u8(static_cast<std::uint8_t>(i));
  }
}

FlagSet decode_flag_set(ByteReader& in) {
  FlagSet flags;
  flags.system = in.u8() & kSystemMask;
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) flags.keywords.set(in.u8());
  return flags;
}

void encode_uid_set(ByteWriter& out, const UidSet& uids) {
  out.varint(uids.intervals().size());
  std::uint32_t last = 0;
  for (const auto& interval : uids.intervals()) {
    out.varint(interval.first - last);
    out.varint(interval.last - interval.first);
    last = interval.last;
  }
}

Result<UidSet> decode_uid_set(ByteReader& in) {
  UidSet uids;
  const std::uint64_t count = in.varint();
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t gap = in.varint();
    const std::uint64_t length = in.varint();
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    if (!in.ok() || gap == 0 || gap > kMost || length > kMost || last + gap + length > kMost) {
      return fail(Errc::kCorrupt, "uid set");
    }
    const std::uint64_t first = last + gap;
    last = first + length;
    uids.add_interval(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
  }
  if (!in.ok()) return fail(Errc::kCorrupt, "uid set");
  return uids;
}

std::string encode_log_record(const LogRecord& record) {
  ByteWriter out;
  out.u8(kVersion);
  for (const auto& section : record.sections) {
    if (const auto* add = std::get_if<AddSection>(&section)) {
      out.u8(kAdd);
      encode_add(out, *add);
    } else if (const auto* flags = std::get_if<FlagsSection>(&section)) {
      out.u8(kFlags);
      out.u8(static_cast<std::uint8_t>(flags->mode));
      encode_flag_set(out, flags->flags);
      encode_uid_set(out, flags->uids);
    } else {
      out.u8(kExpunge);
      encode_uid_set(out, std::get<ExpungeSection>(section).uids);
    }
  }
  return out.take();
}

Result<LogRecord> decode_log_record(std::string_view bytes) {
  ByteReader in(bytes);
  LogRecord record;
  if (in.u8() != kVersion) return fail(Errc::kCorrupt, "log record: version");
  while (in.ok() && !in.at_end()) {
    switch (in.u8()) {
      case kAdd: {
        POSTERN_TRY(AddSection section, decode_add(in));
        record.sections.emplace_back(std::move(section));
        break;
      }
      case kFlags: {
        FlagsSection section;
        const std::uint8_t mode = in.u8();
        if (mode > static_cast<std::uint8_t>(FlagMode::kRemove))
          return fail(Errc::kCorrupt, "log record: flag mode");
        section.mode = static_cast<FlagMode>(mode);
        section.flags = decode_flag_set(in);
        POSTERN_TRY(section.uids, decode_uid_set(in));
        record.sections.emplace_back(std::move(section));
        break;
      }
      case kExpunge: {
        ExpungeSection section;
        POSTERN_TRY(section.uids, decode_uid_set(in));
        record.sections.emplace_back(std::move(section));
        break;
      }
      default:
        return fail(Errc::kCorrupt, "log record: section");
    }
  }
  if (!in.ok()) return fail(Errc::kCorrupt, "log record: cut short");
  return record;
}

}  // namespace postern::mailstore
