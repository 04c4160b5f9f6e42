// The stored form of MessageInfo: docs/formats/message-record.md.
#include <limits>

#include "base/codec.h"
#include "mime/limits.h"
#include "mime/message.h"

namespace postern::mime {
namespace {

constexpr std::uint8_t kVersion = 1;

enum PartFlag : std::uint8_t { kMultipart = 1, kMessage = 2 };
enum InfoFlag : std::uint8_t { kHotHeaderComplete = 1, kSentUnix = 2, kSentDay = 4 };

void write_part(ByteWriter& out, const PartInfo& part, std::uint32_t index) {
  out.u8(
      static_cast<std::uint8_t>((part.multipart ? kMultipart : 0) | (part.message ? kMessage : 0)));
  out.u8(static_cast<std::uint8_t>(part.encoding));
  if (index != 0) out.varint(part.parent);
  out.varint(part.header_begin);
  out.varint(part.body_begin - part.header_begin);
  out.varint(part.body_end - part.body_begin);
  out.varint(part.lines);
  out.string(part.type);
  out.string(part.subtype);
  out.string(part.charset);
}

// False when the record contradicts itself.
bool read_part(ByteReader& in, std::vector<PartInfo>& parts, std::uint64_t message_size) {
  PartInfo part;
  const auto index = static_cast<std::uint32_t>(parts.size());
  const std::uint8_t flags = in.u8();
  const std::uint8_t encoding = in.u8();
  if (flags > (kMultipart | kMessage) || encoding > static_cast<std::uint8_t>(Encoding::kUnknown))
    return false;
  part.multipart = (flags & kMultipart) != 0;
  part.message = (flags & kMessage) != 0;
  part.encoding = static_cast<Encoding>(encoding);
  if (index != 0) {
    const std::uint64_t parent = in.varint();
    if (parent >= index) return false;
    part.parent = static_cast<std::uint32_t>(parent);
  }
  // Each step is checked before it is added: no sum can wrap.
  part.header_begin = in.varint();
  if (part.header_begin > message_size) return false;
  const std::uint64_t header = in.varint();
  if (header > message_size - part.header_begin) return false;
  part.body_begin = part.header_begin + header;
  const std::uint64_t body = in.varint();
  if (body > message_size - part.body_begin) return false;
  part.body_end = part.body_begin + body;
  part.lines = in.varint();
  part.type = in.string();
  part.subtype = in.string();
  part.charset = in.string();
  if (!in.ok()) return false;
  if (index != 0) {
    PartInfo& parent = parts[part.parent];
    if (part.header_begin < parent.body_begin || part.body_end > parent.body_end) return false;
    if (!parent.multipart && (!parent.message || !parent.children.empty())) return false;
    parent.children.push_back(index);
  }
  parts.push_back(std::move(part));
  return true;
}

bool children_fit(const std::vector<PartInfo>& parts) {
  for (const PartInfo& part : parts) {
    if (part.multipart && part.message) return false;
    if ((part.multipart || part.message) == part.children.empty()) return false;
  }
  return true;
}

}  // namespace

std::string encode_info(const MessageInfo& info) {
  ByteWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>((info.hot_header_complete ? kHotHeaderComplete : 0) |
                                   (info.sent_unix.has_value() ? kSentUnix : 0) |
                                   (info.has_sent_day ? kSentDay : 0)));
  out.varint(info.size);
  if (info.sent_unix.has_value()) out.svarint(*info.sent_unix);
  if (info.has_sent_day) out.svarint(info.sent_day);
  out.varint(info.parts.size());
  for (std::uint32_t i = 0; i < info.parts.size(); ++i) write_part(out, info.parts[i], i);
  out.string(info.envelope);
  out.string(info.body);
  out.string(info.body_structure);
  out.string(info.hot_header);
  out.string(info.preview);
  return out.take();
}

Result<MessageInfo> decode_info(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return fail(Errc::kCorrupt, "message record: version");
  MessageInfo info;
  const std::uint8_t flags = in.u8();
  if (flags > (kHotHeaderComplete | kSentUnix | kSentDay))
    return fail(Errc::kCorrupt, "message record: flags");
  info.hot_header_complete = (flags & kHotHeaderComplete) != 0;
  info.has_sent_day = (flags & kSentDay) != 0;
  info.size = in.varint();
  if ((flags & kSentUnix) != 0) info.sent_unix = in.svarint();
  if (info.has_sent_day) {
    const std::int64_t day = in.svarint();
    if (day < std::numeric_limits<std::int32_t>::min() ||
        day > std::numeric_limits<std::int32_t>::max()) {
      return fail(Errc::kCorrupt, "message record: day");
    }
    info.sent_day = static_cast<std::int32_t>(day);
  }
  const std::uint64_t count = in.varint();
  if (!in.ok() || count == 0 || count > kMaxParts)
    return fail(Errc::kCorrupt, "message record: parts");
  info.parts.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!read_part(in, info.parts, info.size)) return fail(Errc::kCorrupt, "message record: part");
  }
  if (!children_fit(info.parts)) return fail(Errc::kCorrupt, "message record: tree");
  info.envelope = in.string();
  info.body = in.string();
  info.body_structure = in.string();
  info.hot_header = in.string();
  info.preview = in.string();
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "message record: length");
  return info;
}

}  // namespace postern::mime
