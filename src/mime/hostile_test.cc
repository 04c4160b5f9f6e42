// Messages made to hurt (bad-input rows C1, C2, C3, C5, C7): each is parsed, decoded and described
// in time and memory that grow no faster than the message.
#include <gtest/gtest.h>
#include <time.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

#include "mime/test_parse.h"

namespace {

// Live octets on the heap and their peak. Each block remembers its size in front of itself.
std::atomic<std::size_t> g_live{0};
std::atomic<std::size_t> g_peak{0};
constexpr std::size_t kFront = 16;

void* counted(std::size_t size) {
  auto* block = static_cast<char*>(std::malloc(size + kFront));
  if (block == nullptr) std::abort();
  std::memcpy(block, &size, sizeof size);
  const std::size_t live = g_live.fetch_add(size) + size;
  std::size_t peak = g_peak.load();
  while (live > peak && !g_peak.compare_exchange_weak(peak, live)) {
  }
  return block + kFront;
}
void uncounted(void* pointer) {
  if (pointer == nullptr) return;
  char* block = static_cast<char*>(pointer) - kFront;
  std::size_t size = 0;
  std::memcpy(&size, block, sizeof size);
  g_live.fetch_sub(size);
  std::free(block);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* p) noexcept {
  uncounted(p);
}
void operator delete[](void* p) noexcept {
  uncounted(p);
}
void operator delete(void* p, std::size_t) noexcept {
  uncounted(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  uncounted(p);
}

namespace postern::mime {
namespace {

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}
std::string n(std::size_t number) {
  return std::to_string(number);
}

struct Hostile {
  const char* name;
  std::size_t size;  // of the full attack
  std::function<std::string(std::size_t)> make;
};
void PrintTo(const Hostile& h, std::ostream* out) {
  *out << h.name;
}

std::string nested_multiparts(std::size_t depth) {
  std::string message;
  for (std::size_t i = 0; i < depth; ++i) {
    const std::string boundary = "b" + n(i) + ".";  // none begins another
    message +=
        "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  return message + "\r\nx\r\n";
}

const Hostile kHostile[] = {
    {"ToLines", 500'000, [](std::size_t c) { return repeat("To: u@e\r\n", c) + "\r\n"; }},
    {"OneToField", 100'000,
     [](std::size_t c) { return "To: " + repeat("u@e.example, ", c) + "\r\n\r\n"; }},
    {"FoldedToField", 100'000,
     [](std::size_t c) { return "To: a@b" + repeat(",\r\n u@e.example", c) + "\r\n\r\n"; }},
    {"Groups", 100'000, [](std::size_t c) { return "To: " + repeat("g:", c) + "\r\n\r\n"; }},
    {"OpenComments", 200'000, [](std::size_t c) { return "To: " + repeat("(", c) + "\r\n\r\n"; }},
    {"OpenCommentsInType", 200'000,
     [](std::size_t c) { return "Content-Type: " + repeat("(", c) + "\r\n\r\n"; }},
    {"OpenAngles", 200'000, [](std::size_t c) { return "To: " + repeat("<@", c) + "\r\n\r\n"; }},
    {"Backslashes", 200'000, [](std::size_t c) { return "To: (" + repeat("\\", c) + "\r\n\r\n"; }},
    {"NestedMultiparts", 10'000, nested_multiparts},
    {"NestedMessages", 10'000,
     [](std::size_t c) { return repeat("Content-Type: message/rfc822\r\n\r\n", c) + "x"; }},
    {"FlatParts", 50'000,
     [](std::size_t c) {
       return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\n\r\n", c) +
              "--b--\r\n";
     }},
    {"BoundaryPrefixes", 100'000,
     [](std::size_t c) {
       std::string message;
       for (std::size_t i = 1; i < 100; ++i) {
         const std::string b(i, 'a');
         message += "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n";
       }
       return message + "\r\n" + repeat("--" + std::string(60, 'a') + "b\r\n--aaab\r\n", c / 10);
     }},
    {"DashLines", 2'000'000,
     [](std::size_t c) {
       return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n", c);
     }},
    {"AlmostBoundaries", 500'000,
     [](std::size_t c) {
       return "Content-Type: multipart/mixed; boundary=bcd\r\n\r\n" + repeat("--bc\n", c);
     }},
    {"LongHeader", 8 << 20,
     [](std::size_t c) { return "Subject: " + std::string(c, 'x') + "\r\n\r\nbody"; }},
    {"ShortHeaders", 200'000, [](std::size_t c) { return repeat("X: y\r\n", c) + "\r\n"; }},
    {"HeaderName", 1 << 20, [](std::size_t c) { return std::string(c, 'x') + ": y\r\n\r\n"; }},
    {"FoldedLines", 1'000'000,
     [](std::size_t c) { return "Subject: a\r\n" + repeat(" b\r\n", c) + "\r\n"; }},
    {"HotHeader", 20'000,
     [](std::size_t c) { return repeat("References: <a@b>\r\n", c) + "\r\n"; }},
    {"Parameters", 20'000,
     [](std::size_t c) {
       std::string message = "Content-Type: text/plain";
       for (std::size_t i = 0; i < c; ++i) message += "; n*" + n(i) + "*=x";
       return message + "\r\n\r\n";
     }},
    {"QuotedJunkInType", 100'000,
     [](std::size_t c) { return "Content-Type: a/b;" + repeat("\"(", c) + "\r\n\r\n"; }},
    {"EncodedWords", 50'000,
     [](std::size_t c) {
       return "Subject:" + repeat(" =?koi8-r?b?8A==?= =?big5?q?a?=", c / 2) + "\r\n\r\n";
     }},
    {"EncodedWordStarts", 400'000,
     [](std::size_t c) { return "Subject: " + repeat("=?", c) + "\r\n\r\n"; }},
    {"EncodedWordsUnfinished", 50'000,
     [](std::size_t c) { return "Subject: " + repeat("=?utf-8?q?a", c) + "\r\n\r\n"; }},
    {"LongLine", 10 << 20, [](std::size_t c) { return "\r\n" + std::string(c, 'x'); }},
    {"CarriageReturns", 4 << 20,
     [](std::size_t c) { return "Subject: x\r\n\r\n" + std::string(c, '\r'); }},
    {"LineFeeds", 1 << 20, [](std::size_t c) { return "Subject: x\n\n" + std::string(c, '\n'); }},
    {"Nuls", 1 << 20,
     [](std::size_t c) {
       return "To: " + std::string(c, '\0') + "\r\n\r\n" + std::string(c, '\0');
     }},
    {"EqualSigns", 1 << 20,
     [](std::size_t c) {
       return "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + std::string(c, '=');
     }},
    {"Base64Junk", 4 << 20,
     [](std::size_t c) {
       return "Content-Transfer-Encoding: base64\r\n\r\n" + std::string(c, '!');
     }},
    {"OpenTags", 1 << 20,
     [](std::size_t c) { return "Content-Type: text/html\r\n\r\n" + repeat("<a ", c / 3); }},
    {"OpenStyles", 1 << 20,
     [](std::size_t c) { return "Content-Type: text/html\r\n\r\n" + repeat("<style></", c / 9); }},
    {"Ampersands", 1 << 20,
     [](std::size_t c) { return "Content-Type: text/html\r\n\r\n" + std::string(c, '&'); }},
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Cost {
  double seconds = 0;
  std::size_t peak = 0;  // over the message itself
};
// What a delivery and the reads after it do to a message; the least of three runs.
Cost cost_of(const std::string& message) {
  Cost best{.seconds = 1e9, .peak = 0};
  for (int run = 0; run < 3; ++run) {
    const std::size_t before = g_live.load();
    g_peak.store(before);
    const double start = cpu_seconds();
    {
      const MessageInfo info = test::parse_in_pieces(message, 4096);
      EXPECT_TRUE(decode_info(encode_info(info)).has_value());
      const std::string_view header = std::string_view(message).substr(
          0, std::min<std::size_t>(info.parts[0].body_begin, kMaxHeaderBytes));
      EXPECT_FALSE(decode_header(header).empty() && !header.empty() && header != "\r\n");
      TransferDecoder decoder(info.parts[0].encoding);
      std::string out;
      for (std::size_t at = info.parts[0].body_begin; at < message.size(); at += 4096) {
        decoder.feed(std::string_view(message).substr(at, 4096), out);
        out.clear();
      }
    }
    best.seconds = std::min(best.seconds, cpu_seconds() - start);
    best.peak = g_peak.load() - before;
  }
  return best;
}

class HostileMessages : public testing::TestWithParam<Hostile> {};

TEST_P(HostileMessages, CostGrowsNoFasterThanTheMessage) {
  constexpr std::size_t kRatio = 8;
  const std::string small = GetParam().make(GetParam().size / kRatio);
  const std::string large = GetParam().make(GetParam().size);
  const Cost at_small = cost_of(small);
  const Cost at_large = cost_of(large);
  // Twice what linear growth would take, over a floor that drowns fixed costs; quadratic takes four
  // times that.
  EXPECT_LT(at_large.seconds, 0.02 + at_small.seconds * kRatio * 2.5);
  EXPECT_LT(at_large.peak, 16u << 20);
  const MessageInfo info = parse_message(large);
  test::expect_invariants(large, info);
  EXPECT_EQ(encode_info(test::parse_in_pieces(large, 1021)), encode_info(info));
}

INSTANTIATE_TEST_SUITE_P(All, HostileMessages, testing::ValuesIn(kHostile),
                         [](const auto& info) { return std::string(info.param.name); });

// ---- the limits, on both sides ----

TEST(Limits, Depth) {
  // One message of `depth` parts inside each other.
  for (const std::size_t depth : {kMaxDepth - 1, kMaxDepth, kMaxDepth + 1}) {
    const MessageInfo info = parse_message(nested_multiparts(depth - 1));
    EXPECT_EQ(info.parts.size(), std::min(depth, kMaxDepth));
    EXPECT_EQ(info.parts.back().type, depth > kMaxDepth ? "application" : "text");
  }
  const MessageInfo messages =
      parse_message(repeat("Content-Type: message/rfc822\r\n\r\n", 200) + "x");
  EXPECT_EQ(messages.parts.size(), kMaxDepth);
  EXPECT_EQ(messages.parts.back().subtype, "octet-stream");
}

TEST(Limits, Parts) {
  for (const std::size_t parts : {kMaxParts - 1, kMaxParts, kMaxParts + 1}) {
    const std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                                repeat("--b\r\n\r\nx\r\n", parts - 1) + "--b--\r\n";
    const MessageInfo info = parse_message(message);
    EXPECT_EQ(info.parts.size(), std::min(parts, kMaxParts));
    // The last one kept holds what is left.
    const PartInfo& last = info.parts.back();
    EXPECT_EQ(last.body_end == message.size(), parts > kMaxParts);
    EXPECT_EQ(last.lines > 1, parts > kMaxParts);
  }
}

TEST(Limits, AddressesOverAllFieldsOfAName) {
  for (const std::size_t count : {kMaxAddresses - 1, kMaxAddresses, kMaxAddresses + 1}) {
    const MessageInfo info = parse_message(repeat("To: u@e\r\n", count) + "\r\n");
    const auto wire = test::read_wire(info.envelope);
    EXPECT_EQ(wire->items[5].items.size(), std::min(count, kMaxAddresses));
  }
}

TEST(Limits, FieldBytes) {
  constexpr std::string_view kName = "Subject: ";
  for (const std::size_t size : {kMaxFieldBytes - 1, kMaxFieldBytes, kMaxFieldBytes + 1}) {
    const std::string value(size - kName.size() - 2, 'x');
    const MessageInfo info = parse_message(std::string(kName) + value + "\r\nTo: u@e\r\n\r\n");
    const auto wire = test::read_wire(info.envelope);
    EXPECT_EQ(wire->items[1].text.size(), value.size());  // what is cut off first is the line end
    EXPECT_FALSE(info.hot_header_complete);               // past kMaxHotHeader in any case
    EXPECT_EQ(wire->items[5].items.size(), 1u);
  }
  const MessageInfo cut =
      parse_message("X-Long: " + std::string(kMaxFieldBytes, 'x') + "\r\nTo: u@e\r\n\r\n");
  EXPECT_FALSE(cut.hot_header_complete);
  EXPECT_EQ(cut.hot_header, "To: u@e\r\n");
}

TEST(Limits, HeaderBytes) {
  constexpr std::string_view kLast = "Subject: s\r\n";
  for (const std::size_t size :
       {kMaxHeaderBytes - 1, kMaxHeaderBytes, kMaxHeaderBytes + 1, kMaxHeaderBytes + 20}) {
    std::string header = repeat("X-Filler: 0123456789\r\n", (size - kLast.size()) / 22 - 1);
    header += "X: " + std::string(size - kLast.size() - header.size() - 5, 'y') + "\r\n" +
              std::string(kLast);
    ASSERT_EQ(header.size(), size);
    const MessageInfo info = parse_message(header + "\r\nbody");
    EXPECT_EQ(info.envelope.find("\"s\"") != std::string::npos, size <= kMaxHeaderBytes + 1)
        << size;
    EXPECT_EQ(info.hot_header_complete, size <= kMaxHeaderBytes);
    EXPECT_EQ(info.parts[0].body_begin, size + 2);
  }
}

TEST(Limits, HotHeader) {
  for (const std::size_t size : {kMaxHotHeader - 1, kMaxHotHeader, kMaxHotHeader + 1}) {
    const MessageInfo info = parse_message("Subject: " + std::string(size - 11, 'x') + "\r\n\r\n");
    EXPECT_EQ(info.hot_header_complete, size <= kMaxHotHeader);
    EXPECT_EQ(info.hot_header.size(), size <= kMaxHotHeader ? size : 0);
  }
}

TEST(Limits, BoundaryLength) {
  for (const std::size_t size : {kMaxBoundary - 1, kMaxBoundary, kMaxBoundary + 1}) {
    const std::string boundary(size, 'b');
    const MessageInfo info =
        parse_message("Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" +
                      boundary + "\r\n\r\nx\r\n--" + boundary + "--\r\n");
    EXPECT_EQ(info.parts.size(), size <= kMaxBoundary ? 2u : 1u);
  }
}

TEST(Limits, StructureText) {
  // A thousand parts with long file names want far more than BODYSTRUCTURE may have.
  const std::string part =
      "--b\r\nContent-Type: application/pdf; name=\"" + std::string(700, 'n') + "\"\r\n\r\nx\r\n";
  const std::string message =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat(part, 999) + "--b--\r\n";
  const MessageInfo info = parse_message(message);
  test::expect_invariants(message, info);
  EXPECT_EQ(info.parts.size(), 1000u);
  EXPECT_EQ(info.parts.back().type, "application");
  EXPECT_EQ(info.parts.back().subtype, "pdf");
  EXPECT_NE(info.body_structure.find(std::string(700, 'n')), std::string::npos);
  EXPECT_GT(info.body_structure.size(), kMaxStructure / 2);
  // Embedded envelopes count too.
  const std::string big =
      "Content-Type: message/rfc822\r\n\r\nSubject: " + std::string(200'000, 's') + "\r\n\r\nx\r\n";
  const std::string messages = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + big +
                               "--b\r\n" + big + "--b\r\n" + big + "--b--\r\n";
  test::expect_invariants(messages, parse_message(messages));
}

}  // namespace
}  // namespace postern::mime
