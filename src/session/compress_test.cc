// COMPRESS=DEFLATE (RFC 4978): the switch, what is kept apart, and what bombs cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The client's two directions.
class Zlib {
 public:
  Zlib() {
    deflateInit2(&out_, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
    inflateInit2(&in_, -15);
  }
  ~Zlib() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  std::string pack(std::string_view plain, int flush = Z_SYNC_FLUSH) {
    std::string packed(plain.size() / 100 + plain.size() + 100, '\0');
    out_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    out_.avail_in = static_cast<uInt>(plain.size());
    out_.next_out = reinterpret_cast<Bytef*>(packed.data());
    out_.avail_out = static_cast<uInt>(packed.size());
    deflate(&out_, flush);
    packed.resize(packed.size() - out_.avail_out);
    return packed;
  }
  std::string unpack(std::string_view packed) {
    std::string plain;
    in_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    in_.avail_in = static_cast<uInt>(packed.size());
    int status = Z_OK;
    while (status == Z_OK) {
      char buffer[4096];
      in_.next_out = reinterpret_cast<Bytef*>(buffer);
      in_.avail_out = sizeof buffer;
      status = inflate(&in_, Z_SYNC_FLUSH);
      plain.append(buffer, sizeof buffer - in_.avail_out);
      if (in_.avail_in == 0 && in_.avail_out != 0) break;
    }
    EXPECT_EQ(in_.avail_in, 0u);
    return plain;
  }

 private:
  z_stream in_{}, out_{};
};

class Compress : public testing::Test {
 protected:
  Compress() { rig_.settings->compress = true; }
  void start() {
    client_ = rig_.select();
    EXPECT_EQ(client_->ask("c COMPRESS DEFLATE"), "c OK DEFLATE active.\r\n");
  }
  std::string ask(std::string_view line) {
    return zlib_.unpack(client_->raw(zlib_.pack(std::string(line) + "\r\n")));
  }
  Rig rig_;
  std::unique_ptr<Client> client_;
  Zlib zlib_;
};

TEST_F(Compress, OnlyWhenSwitchedOn) {
  EXPECT_THAT(rig_.login()->ask("a CAPABILITY"), HasSubstr(" COMPRESS=DEFLATE\r\n"));
  EXPECT_THAT(rig_.connect()->ask("a CAPABILITY"), Not(HasSubstr("COMPRESS")));
  rig_.settings->compress = false;
  auto client = rig_.login();
  EXPECT_THAT(client->ask("a CAPABILITY"), Not(HasSubstr("COMPRESS")));
  EXPECT_THAT(client->ask("b COMPRESS DEFLATE"), StartsWith("b BAD "));
  EXPECT_EQ(client->ask("c NOOP"), "c OK NOOP completed.\r\n");
}

TEST_F(Compress, CommandsAndResponses) {
  rig_.deliver_many("INBOX", 3);
  start();
  EXPECT_EQ(ask("a NOOP"), "a OK NOOP completed.\r\n");
  EXPECT_THAT(ask("b FETCH 1:* (FLAGS BODY[])"),
              AllOf(StartsWith("* 1 FETCH (FLAGS "), EndsWith("b OK FETCH completed.\r\n")));
  EXPECT_THAT(ask("c APPEND INBOX {5+}\r\nhello"), HasSubstr("c OK [APPENDUID "));
  // Octet by octet.
  const std::string packed = zlib_.pack("d NOOP\r\ne NOOP\r\n");
  std::string answer;
  for (const char octet : packed) answer += client_->raw(std::string(1, octet));
  EXPECT_EQ(zlib_.unpack(answer), "d OK NOOP completed.\r\ne OK NOOP completed.\r\n");
  EXPECT_EQ(ask("f LOGOUT"), "* BYE Logging out.\r\nf OK LOGOUT completed.\r\n");
}

TEST_F(Compress, LargeAnswersComeWhole) {
  std::string text = "Subject: large\r\n\r\n";
  for (int i = 0; i < 40'000; ++i) text += "line " + std::to_string(i * 7919 % 10'007) + "\r\n";
  rig_.deliver("INBOX", text);
  start();
  EXPECT_NE(ask("a FETCH 1 BODY.PEEK[]").find(text + ")\r\na OK"), std::string::npos);
}

TEST_F(Compress, NeverTwice) {
  start();
  EXPECT_EQ(ask("a COMPRESS DEFLATE"), "a BAD [COMPRESSIONACTIVE] DEFLATE is active already.\r\n");
  EXPECT_EQ(ask("b NOOP"), "b OK NOOP completed.\r\n");
}

TEST_F(Compress, UnknownAlgorithm) {
  auto client = rig_.login();
  EXPECT_THAT(client->ask("a COMPRESS GZIP"), StartsWith("a BAD "));
  EXPECT_THAT(client->ask("a COMPRESS \"DEFLATE\""), StartsWith("a BAD "));
  EXPECT_EQ(client->ask("b NOOP"), "b OK NOOP completed.\r\n");
}

// B22: octets that came with the command are plain or compressed, nobody knows; both readings of
// them must not happen.
TEST_F(Compress, NothingMayFollowBeforeTheAnswer) {
  auto client = rig_.login();
  const std::string answer = client->ask("a COMPRESS DEFLATE\r\nb NOOP");
  EXPECT_THAT(answer, AllOf(StartsWith("a BAD "), EndsWith("b OK NOOP completed.\r\n")));
  EXPECT_EQ(client->ask("c NOOP"), "c OK NOOP completed.\r\n");
}

TEST_F(Compress, PushesInIdle) {
  start();
  EXPECT_EQ(ask("i IDLE"), "+ idling\r\n");
  rig_.deliver_many("INBOX", 1);
  rig_.run();
  EXPECT_THAT(zlib_.unpack(client_->read()), StartsWith("* 1 EXISTS\r\n"));
  // A flush without octets must not keep a signal waiting.
  static_cast<void>(client_->raw(std::string("\0\0\0\xFF\xFF", 5)));
  rig_.deliver_many("INBOX", 1);
  rig_.run();
  EXPECT_THAT(zlib_.unpack(client_->read()), StartsWith("* 2 EXISTS\r\n"));
  EXPECT_THAT(ask("DONE"), StartsWith("i OK"));
}

TEST_F(Compress, AnIdleSessionHoldsNoBuffers) {
  rig_.deliver_many("INBOX", 3);
  start();
  static_cast<void>(ask("a FETCH 1:* BODY[]"));
  EXPECT_EQ(client_->session().held(), 0u);
}

TEST_F(Compress, BrokenStreamsEndTheSession) {
  start();
  static_cast<void>(client_->raw("a NOOP\r\n"));
  EXPECT_TRUE(client_->ended());
  Compress::start();
  static_cast<void>(client_->raw(Zlib().pack("a LOGOUT\r\n", Z_FINISH)));
  EXPECT_TRUE(client_->ended());
}

// B22: a megabyte of commands in a kilobyte is a megabyte of commands.
TEST_F(Compress, BombsMeetTheLimits) {
  start();
  std::string noops;
  for (int i = 0; i < 20'000; ++i) noops += "a NOOP\r\n";
  const std::string answer = zlib_.unpack(client_->raw(zlib_.pack(noops)));
  EXPECT_EQ(answer.size(), 20'000 * std::string("a OK NOOP completed.\r\n").size());
  EXPECT_THAT(ask("l " + std::string(2'000'000, 'x')), StartsWith("l BAD [TOOBIG] "));
  EXPECT_EQ(ask("n NOOP"), "n OK NOOP completed.\r\n");

  start();
  Zlib bomb;
  const std::string zeros(1 << 20, 'x');
  static_cast<void>(client_->raw(bomb.pack("a APPEND INBOX {1000000000+}\r\n")));
  for (int i = 0; i < 90 && !client_->ended(); ++i)
    static_cast<void>(client_->raw(bomb.pack(zeros)));
  EXPECT_TRUE(client_->ended());
}

TEST_F(Compress, BlocksWithoutOctetsCostLittle) {
  start();
  const std::string block("\0\0\0\xFF\xFF", 5);
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += block;
  EXPECT_EQ(client_->raw(blocks), "");
  EXPECT_EQ(ask("a NOOP"), "a OK NOOP completed.\r\n");
}

std::size_t packed_size(const std::vector<std::string>& responses) {
  Deflater deflater;
  std::string packed;
  std::string plain;
  for (const std::string& response : responses) plain += response;
  deflater.compress(plain, packed);
  EXPECT_EQ(Zlib().unpack(packed), plain);
  return packed.size();
}

// CRIME: what one response holds must not show in the length of another.
TEST(ResponseScan, StringsOfDifferentResponsesShareNothing) {
  const std::string secret = "secret-token-0123456789abcdefghijklmnopqrstuvwxyz";
  std::string other = secret;
  std::reverse(other.begin(), other.end());
  const auto literal = [](int n, const std::string& text) {
    return "* " + std::to_string(n) + " FETCH (BODY[] {" + std::to_string(text.size()) + "}\r\n" +
           text + ")\r\n";
  };
  const auto quoted = [](const std::string& text) {
    return "* LIST () \"/\" \"" + text + "\"\r\n";
  };
  EXPECT_EQ(packed_size({literal(1, secret), literal(2, secret)}),
            packed_size({literal(1, secret), literal(2, other)}));
  EXPECT_EQ(packed_size({quoted(secret), quoted(secret)}),
            packed_size({quoted(secret), quoted(other)}));
  EXPECT_EQ(packed_size({quoted(secret), literal(1, secret)}),
            packed_size({quoted(secret), literal(1, other)}));
  // Within one response, and between numbers, it compresses.
  EXPECT_LT(packed_size({literal(1, secret + secret)}), packed_size({literal(1, secret + other)}));
  std::vector<std::string> flags;
  for (int i = 0; i < 1000; ++i)
    flags.push_back("* " + std::to_string(i) + " FETCH (UID " + std::to_string(i) +
                    " FLAGS ())\r\n");
  EXPECT_LT(packed_size(flags), 12'000u);
}

TEST(ResponseScan, CutsInEverySplit) {
  const std::string plain =
      "* 1 EXISTS\r\n* 2 FETCH (ENVELOPE (\"a\\\"b\" NIL) BODY[] {4}\r\n\"\r\n{ X {0}\r\n)\r\n"
      "* OK it's \"fine\r\na OK done {x}\r\n* LIST () NIL {3}\r\nabc\r\n";
  // Where the cuts stand, in octets from the start.
  const auto cuts = [&](std::size_t step) {
    ResponseScan scan;
    std::vector<std::size_t> at;
    std::size_t done = 0;
    for (std::size_t from = 0; from < plain.size(); from += step) {
      std::string_view part = std::string_view(plain).substr(from, step);
      while (!part.empty()) {
        const ResponseScan::Piece piece = scan.next(part);
        part.remove_prefix(piece.size);
        done += piece.size;
        if (piece.cut) at.push_back(done);
      }
    }
    return at;
  };
  const auto position = [&](std::string_view text) { return plain.find(text); };
  const std::vector<std::size_t> expected = {position("\"a\\"),  position("* OK"),
                                             position("\"fine"), position("a OK done"),
                                             position("abc"),    plain.size()};
  for (std::size_t step = 1; step <= plain.size(); ++step) EXPECT_EQ(cuts(step), expected) << step;
}

// RFC 8437 §4.1: both directions end behind their line ends, and the connection goes on in the
// clear.
TEST_F(Compress, EndsWithUnauthenticate) {
  start();
  EXPECT_EQ(ask("a UNAUTHENTICATE"), "a OK UNAUTHENTICATE completed.\r\n");
  EXPECT_EQ(client_->ask("b NOOP"), "b OK NOOP completed.\r\n");
  EXPECT_THAT(client_->ask("c LOGIN ann secret"), StartsWith("c OK "));
  // Once more, with streams of its own.
  EXPECT_EQ(client_->ask("d COMPRESS DEFLATE"), "d OK DEFLATE active.\r\n");
  Zlib second;
  EXPECT_EQ(second.unpack(client_->raw(second.pack("e NOOP\r\n"))), "e OK NOOP completed.\r\n");
}

TEST_F(Compress, TheNextLoginMayFollowTheEndOfTheStream) {
  start();
  const std::string answer = client_->raw(zlib_.pack("a UNAUTHENTICATE\r\n", Z_FINISH) +
                                          "b LOGIN ann secret\r\nc SELECT INBOX\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("b OK [CAPABILITY "),
                            EndsWith("c OK [READ-WRITE] SELECT completed.\r\n")));
}

// SECURITY: a command that came compressed behind it is not executed.
TEST_F(Compress, NothingCompressedMayFollowUnauthenticate) {
  start();
  const std::string answer = client_->raw(zlib_.pack("a UNAUTHENTICATE\r\nb LOGIN ann secret\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("b OK")));
  EXPECT_TRUE(client_->ended());
}

}  // namespace
}  // namespace postern::session
