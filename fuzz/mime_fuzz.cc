// The MIME pass: pieces of any size give what the whole gives, offsets lie in the message, and the
// stored record says the same. The bytes are also read as a stored record.
#include <cstdint>

#include "mime/limits.h"
#include "mime/message.h"
#include "mime/parser.h"

using namespace postern::mime;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void check_offsets(const MessageInfo& info) {
  for (const PartInfo& part : info.parts) {
    require(part.header_begin <= part.body_begin && part.body_begin <= part.body_end &&
            part.body_end <= info.size);
    for (const std::uint32_t child : part.children) {
      require(info.parts[child].header_begin >= part.body_begin &&
              info.parts[child].body_end <= part.body_end);
    }
  }
}

void check_record(std::string_view bytes) {
  const auto info = decode_info(bytes);
  if (!info.has_value()) return;
  check_offsets(*info);
  const auto again = decode_info(encode_info(*info));
  require(again.has_value() && encode_info(*again) == encode_info(*info));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = data[0] + std::size_t{1};
  const std::string_view message(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_record(message);

  const MessageInfo whole = parse_message(message);
  check_offsets(whole);
  require(whole.size == message.size() && whole.body_structure.size() <= kMaxStructure);
  require(whole.envelope.find('\0') == std::string::npos &&
          whole.body_structure.find('\0') == std::string::npos);
  MessageParser parser;
  for (std::size_t at = 0; at < message.size(); at += piece) parser.feed(message.substr(at, piece));
  const std::string record = encode_info(whole);
  require(encode_info(parser.finish()) == record);
  const auto decoded = decode_info(record);
  require(decoded.has_value() && encode_info(*decoded) == record);
  return 0;
}
