#include "mailstore/chunk_codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/codec.h"
#include "mailstore/log_record.h"

namespace postern::mailstore {
namespace {

constexpr std::uint8_t kVersion = 1;
// In the form octet of a column: the row's place is added to each value. A mailbox that mail only
// comes into has UIDs, modseqs and emails that rise by one, which then take no octets at all.
constexpr std::uint8_t kRises = 0x10;

enum ColumnName : std::size_t { kUid, kModSeq, kEmail, kSize, kDate, kZone, kFlags, kSaved };
constexpr std::size_t kColumns = 8;

// -- writing ------------------------------------------------------------------------------------

// Values as unsigned 64-bit with wrap-around differences: dates before 1970 work like any number.
struct Shape {
  std::int64_t base = 0;
  std::uint8_t width = 0;
};

template <class Get>
Shape shape_of(const std::vector<MessageRow>& rows, std::uint64_t step, Get get) {
  const auto level = [&](std::size_t i) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(get(rows[i])) - i * step);
  };
  Shape shape{level(0), 0};
  for (std::size_t i = 1; i < rows.size(); ++i) shape.base = std::min(shape.base, level(i));
  std::uint64_t widest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    widest |= static_cast<std::uint64_t>(level(i)) - static_cast<std::uint64_t>(shape.base);
  while (shape.width < 8 && widest >> (8 * shape.width) != 0) ++shape.width;
  return shape;
}

template <class Get>
void encode_column(ByteWriter& out, const std::vector<MessageRow>& rows, Get get) {
  const Shape flat = shape_of(rows, 0, get);
  const Shape rising = shape_of(rows, 1, get);
  const bool rises = rising.width < flat.width;
  const Shape& shape = rises ? rising : flat;
  out.svarint(shape.base);
  out.u8(rises ? shape.width | kRises : shape.width);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t value = static_cast<std::uint64_t>(get(rows[i])) - (rises ? i : 0) -
                          static_cast<std::uint64_t>(shape.base);
    for (std::uint8_t b = 0; b < shape.width; ++b, value >>= 8)
      out.u8(static_cast<std::uint8_t>(value));
  }
}

// -- reading ------------------------------------------------------------------------------------

struct Column {
  std::uint64_t base = 0;
  std::uint64_t step = 0;  // added with each row: 0 or 1
  std::uint8_t width = 0;
  std::string_view bytes;
};
using Columns = std::array<Column, kColumns>;

template <int kWidth, class Visit>
void visit_values(const Column& column, std::size_t count, Visit visit) {
  const char* at = column.bytes.data();
  std::uint64_t base = column.base;
  for (std::size_t i = 0; i < count; ++i, base += column.step) {
    std::uint64_t value = 0;
    for (int b = 0; b < kWidth; ++b)
      value |= std::uint64_t{static_cast<unsigned char>(at[b])} << (8 * b);
    at += kWidth;
    visit(i, static_cast<std::int64_t>(base + value));
  }
}

// visit(place, value as std::int64_t) for each row.
template <class Visit>
void each_value(const Column& column, std::size_t count, Visit visit) {
  switch (column.width) {
    case 0:
      return visit_values<0>(column, count, visit);
    case 1:
      return visit_values<1>(column, count, visit);
    case 2:
      return visit_values<2>(column, count, visit);
    case 3:
      return visit_values<3>(column, count, visit);
    case 4:
      return visit_values<4>(column, count, visit);
    case 5:
      return visit_values<5>(column, count, visit);
    case 6:
      return visit_values<6>(column, count, visit);
    case 7:
      return visit_values<7>(column, count, visit);
    default:
      return visit_values<8>(column, count, visit);
  }
}

std::optional<Columns> read_columns(ByteReader& in, std::size_t count) {
  Columns columns;
  for (Column& column : columns) {
    column.base = static_cast<std::uint64_t>(in.svarint());
    const std::uint8_t form = in.u8();
    column.step = (form & kRises) != 0 ? 1 : 0;
    column.width = form & 0x0f;
    if (column.width > 8 || (form & ~(kRises | 0x0f)) != 0) return std::nullopt;
    column.bytes = in.bytes(std::uint64_t{column.width} * count);
  }
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return columns;
}

bool within(const Column& column, std::size_t count, std::int64_t least, std::int64_t greatest) {
  // Collected over the whole column: no branch in the loop.
  bool good = true;
  // A column of no octets is a straight line: its ends tell.
  if (column.width == 0) {
    const auto first = static_cast<std::int64_t>(column.base);
    const std::uint64_t rise = column.step * (count - 1);
    return first >= least && first <= greatest &&
           rise <= static_cast<std::uint64_t>(greatest - first);
  }
  each_value(column, count,
             [&](std::size_t, std::int64_t v) { good &= v >= least && v <= greatest; });
  return good;
}

bool ascends(const Column& column, std::size_t count) {
  if (column.width == 0) return column.step == 1 || count == 1;
  bool good = true;
  std::int64_t before = std::numeric_limits<std::int64_t>::min();
  each_value(column, count, [&](std::size_t, std::int64_t v) {
    good &= before < v;
    before = v;
  });
  return good;
}

bool check(const Columns& columns, std::size_t count, std::size_t sets) {
  constexpr std::int64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  using Zone = std::numeric_limits<std::int16_t>;
  return within(columns[kUid], count, 1, kMost32) && ascends(columns[kUid], count) &&
         within(columns[kModSeq], count, 1, kMost) && within(columns[kEmail], count, 1, kMost) &&
         within(columns[kSize], count, 0, kMost32) &&
         within(columns[kZone], count, Zone::min(), Zone::max()) &&
         within(columns[kFlags], count, 0, static_cast<std::int64_t>(sets) - 1) &&
         within(columns[kSaved], count, 0, kMost32);
}

std::int64_t value_at(const Column& column, std::size_t place) {
  std::uint64_t value = 0;
  for (std::uint8_t b = 0; b < column.width; ++b) {
    const std::size_t at = place * column.width + b;
    value |= std::uint64_t{static_cast<unsigned char>(column.bytes[at])} << (8 * b);
  }
  return static_cast<std::int64_t>(column.base + column.step * place + value);
}

void add_counts(MailboxCounts& counts, const Columns& columns, std::size_t count,
                const std::vector<FlagSet>& sets) {
  counts.exists += static_cast<std::uint32_t>(count);
  each_value(columns[kSize], count,
             [&](std::size_t, std::int64_t v) { counts.bytes += static_cast<std::uint64_t>(v); });
  std::vector<std::uint32_t> used(sets.size());
  each_value(columns[kFlags], count,
             [&](std::size_t, std::int64_t v) { ++used[static_cast<std::size_t>(v)]; });
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if ((sets[i].system & kSeen) == 0) counts.unseen += used[i];
    if ((sets[i].system & kDeleted) != 0) counts.deleted += used[i];
  }
  counts.uid_next = Uid(static_cast<std::uint32_t>(value_at(columns[kUid], count - 1) + 1));
}

}  // namespace

std::string encode_chunk(const Chunk& chunk) {
  const std::vector<MessageRow>& rows = chunk.rows();
  ByteWriter out;
  out.u8(kVersion);
  out.varint(rows.size());
  out.varint(chunk.flag_sets().size());
  for (const FlagSet& flags : chunk.flag_sets()) encode_flag_set(out, flags);
  encode_column(out, rows, [](const MessageRow& r) { return r.uid.value(); });
  encode_column(out, rows, [](const MessageRow& r) { return r.modseq.value(); });
  encode_column(out, rows, [](const MessageRow& r) { return r.email.value(); });
  encode_column(out, rows, [](const MessageRow& r) { return r.size; });
  encode_column(out, rows, [](const MessageRow& r) { return r.internal_date; });
  encode_column(out, rows, [](const MessageRow& r) { return r.zone_minutes; });
  encode_column(out, rows, [](const MessageRow& r) { return r.flags; });
  encode_column(out, rows, [](const MessageRow& r) { return r.save_date; });
  return out.take();
}

Result<ChunkPtr> decode_chunk(std::string bytes, MailboxCounts& counts) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::kCorrupt, "chunk: version");
  const std::uint64_t rows = in.varint();
  const std::uint64_t sets = in.varint();
  if (!in.ok() || rows == 0 || rows > kChunkRows || sets == 0 || sets > rows) {
    return fail(Errc::kCorrupt, "chunk: counts");
  }
  std::vector<FlagSet> flag_sets;
  flag_sets.reserve(sets);
  for (std::uint64_t i = 0; i < sets; ++i) flag_sets.push_back(decode_flag_set(in));
  PackedRows packed;
  packed.count = rows;
  packed.columns_at = bytes.size() - in.remaining();
  const auto columns = read_columns(in, rows);
  if (!columns || !check(*columns, rows, sets)) return fail(Errc::kCorrupt, "chunk: columns");
  add_counts(counts, *columns, rows, flag_sets);
  packed.first_uid = Uid(static_cast<std::uint32_t>(value_at((*columns)[kUid], 0)));
  packed.last_uid = Uid(static_cast<std::uint32_t>(value_at((*columns)[kUid], rows - 1)));
  packed.bytes = std::move(bytes);
  // shared_ptr: see ChunkPtr.
  return std::make_shared<const Chunk>(std::move(flag_sets), std::move(packed));
}

std::vector<MessageRow> unpack_rows(const PackedRows& packed) {
  ByteReader in(std::string_view(packed.bytes).substr(packed.columns_at));
  std::vector<MessageRow> rows(packed.count);
  const auto columns = read_columns(in, packed.count);
  if (!columns) return rows;  // checked when it was read: cannot happen
  const auto fill = [&](ColumnName column, auto set) {
    each_value((*columns)[column], packed.count,
               [&](std::size_t i, std::int64_t v) { set(rows[i], v); });
  };
  using Row = MessageRow;
  fill(kUid, [](Row& r, std::int64_t v) { r.uid = Uid(static_cast<std::uint32_t>(v)); });
  fill(kModSeq, [](Row& r, std::int64_t v) { r.modseq = ModSeq(static_cast<std::uint64_t>(v)); });
  fill(kEmail, [](Row& r, std::int64_t v) { r.email = EmailId(static_cast<std::uint64_t>(v)); });
  fill(kSize, [](Row& r, std::int64_t v) { r.size = static_cast<std::uint32_t>(v); });
  fill(kDate, [](Row& r, std::int64_t v) { r.internal_date = v; });
  fill(kZone, [](Row& r, std::int64_t v) { r.zone_minutes = static_cast<std::int16_t>(v); });
  fill(kFlags, [](Row& r, std::int64_t v) { r.flags = static_cast<std::uint16_t>(v); });
  fill(kSaved, [](Row& r, std::int64_t v) { r.save_date = static_cast<std::uint32_t>(v); });
  return rows;
}

}  // namespace postern::mailstore
