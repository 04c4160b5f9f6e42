#include "lmtp/machine.h"

#include <gtest/gtest.h>

#include "lmtp/path.h"

namespace postern::lmtp {
namespace {

// Drives a machine as delivery does: accepts every recipient but those that begin with "no", keeps
// what was delivered, and feeds the input in pieces of `step` octets.
struct Driver {
  explicit Driver(Options options = {.hostname = "mx.test"}) : machine(std::move(options)) {}

  std::string run(std::string_view input, std::size_t step) {
    while (!input.empty() && !closed) {
      std::string_view piece = input.substr(0, step);
      input.remove_prefix(piece.size());
      pump(piece);
    }
    return std::exchange(machine.output(), {});
  }

  void pump(std::string_view piece) {
    using Action = Machine::Action;
    for (;;) {
      switch (machine.feed(piece)) {
        case Action::kNeedMore:
          EXPECT_TRUE(piece.empty());
          return;
        case Action::kRecipient:
          machine.recipient_done(machine.recipient().starts_with("no") ? "550 5.1.1 No such user"
                                                                       : "250 2.1.5 Ok");
          break;
        case Action::kBegin:
          EXPECT_FALSE(open);
          open = true;
          message.clear();
          break;
        case Action::kBytes:
          EXPECT_TRUE(open);
          message += machine.body();
          break;
        case Action::kEnd: {
          EXPECT_TRUE(open);
          open = false;
          messages.push_back(message);
          std::vector<std::string> replies;
          for (const std::string& to : machine.envelope().recipients)
            replies.push_back("250 2.0.0 " + to);
          machine.delivered(replies);
          break;
        }
        case Action::kAbort:
          EXPECT_TRUE(open);
          open = false;
          ++aborted;
          break;
        case Action::kClose:
          closed = true;
          return;
      }
    }
  }

  Machine machine;
  std::string message;
  std::vector<std::string> messages;
  bool open = false, closed = false;
  int aborted = 0;
};

std::string codes(const std::string& output) {
  std::string list;
  for (std::size_t at = 0; at < output.size(); at = output.find('\n', at) + 1) {
    if (output[at + 3] == '-') continue;
    if (!list.empty()) list += ' ';
    list += output.substr(at, 3);
  }
  return list;
}

struct Case {
  const char* name;
  std::string input;
  std::string replies;
  std::vector<std::string> messages;
  int aborted = 0;
  bool closed = false;
};

const std::string kHello = "LHLO c\r\n";
const std::string kOne = kHello + "MAIL FROM:<a@b>\r\nRCPT TO:<u@d>\r\n";

std::vector<Case> cases() {
  return {
      {"one message",
       kOne + "DATA\r\nS: x\r\n\r\nhi\r\n.\r\nQUIT\r\n",
       "250 250 250 354 250 221",
       {"S: x\r\n\r\nhi\r\n"},
       0,
       true},
      {"replies per recipient",
       kHello + "MAIL FROM:<>\r\nRCPT TO:<u@d>\r\nRCPT TO:<no@d>\r\nRCPT TO:<v@d>\r\nDATA\r\n.\r\n",
       "250 250 250 550 250 354 250 250",
       {""}},
      {"no valid recipient",
       kHello + "MAIL FROM:<a@b>\r\nRCPT TO:<no@d>\r\nDATA\r\nNOOP\r\n",
       "250 250 550 503 250",
       {}},
      {"dot stuffing",
       kOne + "DATA\r\n..\r\n.x\r\n...\r\n.\r\n",
       "250 250 250 354 250",
       {".\r\nx\r\n..\r\n"}},
      {"LF dot LF is data",
       kOne + "DATA\r\na\n.\nb\r\n.\n\r\n.\r\n",
       "250 250 250 354 250",
       {"a\n.\nb\r\n\n\r\n"}},
      {"CRLF dot LF is data",
       kOne + "DATA\r\na\r\n.\nQUIT\r\n.\r\n",
       "250 250 250 354 250",
       {"a\r\n\nQUIT\r\n"}},
      {"LF dot CRLF is data",
       kOne + "DATA\r\na\n.\r\nb\r\n.\r\n",
       "250 250 250 354 250",
       {"a\n.\r\nb\r\n"}},
      {"CR dot CR and dot CR",
       kOne + "DATA\r\n.\rx\r.\r\n.\r\r\n.\r\n",
       "250 250 250 354 250",
       {"\rx\r.\r\n\r\r\n"}},
      {"NUL is data",
       kOne + std::string("DATA\r\na\0b\r\n.\r\n", 15),
       "250 250 250 354 250",
       {std::string("a\0b\r\n", 5)}},
      {"chunks",
       kOne + "BDAT 3\r\na\r\nBDAT 2 LAST\r\n.\nRSET\r\n",
       "250 250 250 250 250 250",
       {"a\r\n.\n"}},
      {"empty last chunk", kOne + "BDAT 2\r\nhiBDAT 0 LAST\r\n", "250 250 250 250 250", {"hi"}},
      {"chunk without recipient is swallowed",
       kHello + "BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n",
       "250 503 250",
       {}},
      {"chunk length past 64 bits closes",
       kOne + "BDAT 18446744073709551616 LAST\r\nNOOP\r\n",
       "250 250 250 501",
       {},
       0,
       true},
      {"bad chunk after a good one",
       kOne + "BDAT 1\r\nxBDAT -1\r\nNOOP\r\n",
       "250 250 250 250 501",
       {},
       1,
       true},
      {"DATA after BDAT", kOne + "BDAT 1\r\nxDATA\r\nRSET\r\n", "250 250 250 250 503 250", {}, 1},
      {"second LHLO resets", kOne + "LHLO d\r\nDATA\r\n", "250 250 250 250 503", {}},
      {"EHLO is not LMTP", "EHLO x\r\nMAIL FROM:<a@b>\r\n", "500 503", {}},
      {"nested MAIL", kHello + "MAIL FROM:<a@b>\r\nMAIL FROM:<c@d>\r\n", "250 250 503", {}},
      {"SIZE too big",
       kHello + "MAIL FROM:<a@b> SIZE=99999999999999999999\r\nMAIL FROM:<a@b> SIZE=x\r\nMAIL "
                "FROM:<a@b> SIZE=5 BODY=8BITMIME\r\n",
       "250 552 501 250",
       {}},
      {"unknown parameters",
       kHello + "MAIL FROM:<a@b> FOO=1\r\nMAIL FROM:<a@b>x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@d> "
                "NOTIFY=NEVER\r\n",
       "250 555 501 250 555",
       {}},
      {"UTF-8 needs SMTPUTF8",
       kHello +
           "MAIL FROM:<\xc3\xa9@b>\r\nMAIL FROM:<\xc3\xa9@b> SMTPUTF8\r\nRCPT TO:<\xc3\xa9@d>\r\n",
       "250 553 250 250",
       {}},
      {"bare LF in a command", "NOOP\nNOOP\r\nNOOP\r\n", "500 250", {}},
      {"unknown and malformed", "\r\nFOO\r\nRCPT\r\nLHLO\r\n", "500 500 503 501", {}},
  };
}

TEST(Machine, TranscriptsAtEverySplit) {
  for (const Case& c : cases()) {
    for (std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, c.input.size()}) {
      SCOPED_TRACE(std::string(c.name) + " step " + std::to_string(step));
      Driver driver;
      EXPECT_EQ(codes(driver.run(c.input, step)), c.replies);
      EXPECT_EQ(driver.messages, c.messages);
      EXPECT_EQ(driver.aborted, c.aborted);
      EXPECT_EQ(driver.closed, c.closed);
    }
  }
}

TEST(Machine, AnnouncesWhatItDoes) {
  Driver driver;
  const std::string answer = driver.run(kHello, 100);
  for (const char* word :
       {"PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "SIZE 52428800"}) {
    EXPECT_NE(answer.find(word), std::string::npos) << word;
  }
}

TEST(Machine, LimitsMessageRecipientsAndLine) {
  for (std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
    Driver small({.hostname = "h", .max_message_size = 10, .max_recipients = 2, .max_line = 64});
    EXPECT_EQ(codes(small.run(kOne + "DATA\r\n12345678\r\n.\r\n", step)), "250 250 250 354 250");
    EXPECT_EQ(codes(small.run("MAIL FROM:<a@b>\r\nRCPT TO:<u@d>\r\nRCPT TO:<v@d>\r\nRCPT "
                              "TO:<w@d>\r\nDATA\r\n123456789\r\n.\r\nNOOP\r\n",
                              step)),
              "250 250 250 452 354 552 552 250");
    EXPECT_EQ(
        codes(small.run(
            "MAIL FROM:<a@b>\r\nRCPT TO:<u@d>\r\nBDAT 8\r\n12345678BDAT 8 LAST\r\n12345678NOOP\r\n",
            step)),
        "250 250 250 552 250");
    EXPECT_EQ(codes(small.run("NOOP " + std::string(300, 'x') + "\r\nNOOP\r\n", step)), "500 250");
    EXPECT_EQ(small.messages.size(), 1u);
    EXPECT_FALSE(small.open);
  }
}

TEST(Machine, RefusesBareNewlinesWhenAsked) {
  for (const char* text : {"a\nb\r\n.\r\n", "a\rb\r\n.\r\n", ".\rb\r\n.\r\n"}) {
    Driver driver({.hostname = "h", .reject_bare_newlines = true});
    EXPECT_EQ(codes(driver.run(kOne + "DATA\r\n" + text, 1)), "250 250 250 354 554") << text;
    EXPECT_TRUE(driver.messages.empty());
  }
  Driver chunks({.hostname = "h", .reject_bare_newlines = true});
  EXPECT_EQ(codes(chunks.run(kOne + "BDAT 2\r\na\rBDAT 2 LAST\r\n\nb", 3)), "250 250 250 250 250");
  EXPECT_EQ(codes(chunks.run("MAIL FROM:<a@b>\r\nRCPT TO:<u@d>\r\nBDAT 2 LAST\r\na\r", 3)),
            "250 250 554");
}

TEST(Path, ReadsAndRefuses) {
  struct {
    const char* text;
    const char* address;  // null: refused
  } const table[] = {
      {"<>", ""},
      {"<a@b>", "a@b"},
      {"<@r1,@r2:a@b>", "a@b"},
      {"<\"a b\"@c>", "a b@c"},
      {"<postmaster>", "postmaster"},
      {"<a@[IPv6:::1]>", "a@[IPv6:::1]"},
      {"<\xc3\xa9@b>", "\xc3\xa9@b"},
      {"<\"\">", nullptr},
      {"<\"\"@x>", nullptr},
      {"<a\tb@c>", nullptr},
      {"<../../etc>", nullptr},
      {"<a..b@c>", nullptr},
      {"<.a@c>", nullptr},
      {"<a@>", nullptr},
      {"<a@b", nullptr},
      {"a@b", nullptr},
      {"<a@b c>", nullptr},
      {"<\xc3@b>", nullptr},
      {"<\xc0\xaf@b>", nullptr},
      {"<a@../../x>", nullptr},
      {"<\"a\\\"b\"@c>", "a\"b@c"},
      {"<@r>", nullptr},
      {"", nullptr},
      {"<", nullptr},
  };
  for (const auto& row : table) {
    std::string_view text = row.text;
    const Result<Path> path = parse_path(text);
    if (row.address == nullptr) {
      EXPECT_FALSE(path.has_value()) << row.text;
    } else {
      ASSERT_TRUE(path.has_value()) << row.text;
      EXPECT_EQ(path->address, row.address);
      EXPECT_TRUE(text.empty());
    }
  }
  const std::string huge = "<" + std::string(65536, 'a') + "@b>";
  std::string_view view = huge;
  EXPECT_FALSE(parse_path(view).has_value());
}

}  // namespace
}  // namespace postern::lmtp
