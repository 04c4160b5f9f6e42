#include "mailstore/chunk_codec.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "base/codec.h"
#include "mailstore/log_record.h"

namespace postern::mailstore {
namespace {

constexpr std::uint8_t kVersion = 1;

// Values as unsigned 64-bit with wrap-around differences: dates before 1970 work like any number.
template <class Get>
void encode_column(ByteWriter& out, const std::vector<MessageRow>& rows, Get get) {
  auto base = static_cast<std::int64_t>(get(rows.front()));
  for (const MessageRow& row : rows) base = std::min(base, static_cast<std::int64_t>(get(row)));
  std::uint64_t widest = 0;
  const auto difference = [&](const MessageRow& row) {
    return static_cast<std::uint64_t>(get(row)) - static_cast<std::uint64_t>(base);
  };
  for (const MessageRow& row : rows) widest |= difference(row);
  std::uint8_t width = 0;
  while (width < 8 && widest >> (8 * width) != 0) ++width;
  out.svarint(base);
  out.u8(width);
  for (const MessageRow& row : rows) {
    std::uint64_t value = difference(row);
    for (std::uint8_t i = 0; i < width; ++i, value >>= 8) out.u8(static_cast<std::uint8_t>(value));
  }
}

template <int kWidth, class Set>
void read_values(std::string_view bytes, std::uint64_t base, std::vector<MessageRow>& rows,
                 Set set) {
  const char* at = bytes.data();
  for (MessageRow& row : rows) {
    std::uint64_t value = 0;
    for (int i = 0; i < kWidth; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    }
    at += kWidth;
    set(row, static_cast<std::int64_t>(base + value));
  }
}

template <class Set>
void decode_column(ByteReader& in, std::vector<MessageRow>& rows, Set set) {
  const auto base = static_cast<std::uint64_t>(in.svarint());
  const std::uint8_t width = in.u8();
  const std::string_view bytes = in.bytes(std::uint64_t{width} * rows.size());
  if (!in.ok()) return;
  switch (width) {
    case 0:
      read_values<0>(bytes, base, rows, set);
      break;
    case 1:
      read_values<1>(bytes, base, rows, set);
      break;
    case 2:
      read_values<2>(bytes, base, rows, set);
      break;
    case 3:
      read_values<3>(bytes, base, rows, set);
      break;
    case 4:
      read_values<4>(bytes, base, rows, set);
      break;
    case 5:
      read_values<5>(bytes, base, rows, set);
      break;
    case 6:
      read_values<6>(bytes, base, rows, set);
      break;
    case 7:
      read_values<7>(bytes, base, rows, set);
      break;
    case 8:
      read_values<8>(bytes, base, rows, set);
      break;
    default:
      (void)in.bytes(std::numeric_limits<std::uint64_t>::max());  // latches the failure
  }
}

}  // namespace

std::string encode_chunk(const Chunk& chunk) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(chunk.rows.size());
  out.varint(chunk.flag_sets.size());
  for (const FlagSet& flags : chunk.flag_sets) encode_flag_set(out, flags);
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.uid.value(); });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.modseq.value(); });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.email.value(); });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.size; });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.internal_date; });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.zone_minutes; });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.flags; });
  encode_column(out, chunk.rows, [](const MessageRow& r) { return r.save_date; });
  return out.take();
}

Result<ChunkPtr> decode_chunk(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::kCorrupt, "chunk: version");
  const std::uint64_t rows = in.varint();
  const std::uint64_t sets = in.varint();
  if (!in.ok() || rows == 0 || rows > kChunkRows || sets == 0 || sets > rows) {
    return fail(Errc::kCorrupt, "chunk: counts");
  }
  auto chunk = std::make_shared<Chunk>();
  chunk->flag_sets.reserve(sets);
  for (std::uint64_t i = 0; i < sets; ++i) chunk->flag_sets.push_back(decode_flag_set(in));
  chunk->rows.resize(rows);
  constexpr std::int64_t kMost32 = std::numeric_limits<std::uint32_t>::max();
  bool good = true;  // collected over a whole column: no branch in the loop
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v > 0 && v <= kMost32;
    r.uid = Uid(static_cast<std::uint32_t>(v));
  });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v > 0;
    r.modseq = ModSeq(static_cast<std::uint64_t>(v));
  });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v != 0;
    r.email = EmailId(static_cast<std::uint64_t>(v));
  });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v >= 0 && v <= kMost32;
    r.size = static_cast<std::uint32_t>(v);
  });
  decode_column(in, chunk->rows, [](MessageRow& r, std::int64_t v) { r.internal_date = v; });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v >= std::numeric_limits<std::int16_t>::min() &&
            v <= std::numeric_limits<std::int16_t>::max();
    r.zone_minutes = static_cast<std::int16_t>(v);
  });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v >= 0 && v < static_cast<std::int64_t>(sets);
    r.flags = static_cast<std::uint16_t>(v);
  });
  decode_column(in, chunk->rows, [&](MessageRow& r, std::int64_t v) {
    good &= v >= 0 && v <= kMost32;
    r.save_date = static_cast<std::uint32_t>(v);
  });
  for (std::size_t i = 1; i < chunk->rows.size(); ++i)
    good &= chunk->rows[i - 1].uid < chunk->rows[i].uid;
  if (!in.ok() || !in.at_end() || !good) return fail(Errc::kCorrupt, "chunk: columns");
  return ChunkPtr(std::move(chunk));
}

}  // namespace postern::mailstore
