// Whole folders of messages: the project's own (tests/messages/generate.py, written at build time)
// and the folder that POSTERN_CORPUS names. Every message must satisfy every invariant, however it
// is cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "mime/test_parse.h"

namespace postern::mime {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Bare LF becomes CRLF; what is CRLF already stays.
std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 30);
  char last = 0;
  for (const char c : text) {
    if (c == '\n' && last != '\r') out += '\r';
    out += c;
    last = c;
  }
  return out;
}

void check(const std::string& message) {
  const MessageInfo info = parse_message(message);
  test::expect_invariants(message, info);
  const std::string record = encode_info(info);
  for (const std::size_t piece : {1u, 13u, 1000u})
    EXPECT_EQ(encode_info(test::parse_in_pieces(message, piece)), record);
  // Every part can be found by the number a client would use, and decoded.
  for (const PartInfo& part : info.parts) {
    TransferDecoder decoder(part.encoding);
    std::string octets;
    decoder.feed(std::string_view(message).substr(part.body_begin, part.body_end - part.body_begin),
                 octets);
    decoder.finish(octets);
    if (part.type == "text") EXPECT_TRUE(valid_utf8(text_to_utf8(octets, part.charset)));
  }
  EXPECT_TRUE(
      valid_utf8(decode_header(std::string_view(message).substr(0, info.parts[0].body_begin))));
  // The hot header is what HEADER.FIELDS would give for its names.
  if (info.hot_header_complete) {
    std::vector<std::string> names = {"from",       "to",         "subject",     "date",
                                      "message-id", "references", "content-type"};
    EXPECT_EQ(
        select_fields(info.hot_header, names, false),
        select_fields(std::string_view(message).substr(0, info.parts[0].body_begin), names, false));
  }
}

std::size_t check_folder(const std::filesystem::path& folder, bool as_on_disk) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    SCOPED_TRACE(path.string());
    const std::string content = read_file(path);
    check(with_crlf(content));
    if (as_on_disk) check(content);
    if (testing::Test::HasFailure()) break;  // one message is enough to look at
  }
  return files.size();
}

TEST(Messages, OfTheProject) {
  EXPECT_GE(check_folder(POSTERN_OWN_MESSAGES, true), 300u);
}

TEST(Messages, OfTheCorpus) {
  const char* folder = std::getenv("POSTERN_CORPUS");
  if (folder == nullptr)
    GTEST_SKIP() << "POSTERN_CORPUS names no folder of messages; the project's own were checked";
  std::cout << check_folder(folder, false) << " messages in " << folder << "\n";
}

}  // namespace
}  // namespace postern::mime
