#include "imap/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "imap/framer_trace.h"

namespace postern::imap {
namespace {

using namespace std::string_literals;

struct Case {
  std::string name;
  std::string input;
  std::vector<std::string> trace;
};

void check(const std::vector<Case>& cases, const FramerLimits& limits, const Answer& answer) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    expect_trace_at_every_split(c.input, limits, answer, c.trace);
  }
}

std::string digits(std::size_t n) {
  return std::to_string(n);
}

TEST(Framer, CutsCommandsAtCrlf) {
  check(
      {{"one", "a NOOP\r\n", {"C a NOOP"}},
       {"two", "a NOOP\r\nb NOOP\r\n", {"C a NOOP", "C b NOOP"}},
       {"needs more", "a NOOP", {}},
       {"needs LF", "a NOOP\r", {}},
       {"empty lines before a tag are nothing", "\r\n\r\na NOOP\r\n\r\n", {"C a NOOP"}},
       {"a space is a line", " \r\n", {"C  "}},
       {"braces in quotes", "a LOGIN \"{5}\" \"b{6+}\"\r\n", {"C a LOGIN \"{5}\" \"b{6+}\""}},
       {"brace closes an atom", "a CREATE foo}\r\n", {"C a CREATE foo}"}},
       {"quoted brace, then an atom", "a LIST \"{\" foo}\r\n", {"C a LIST \"{\" foo}"}},
       {"parentheses in quotes", "a LOGIN \"((((\\\"(((\" x\r\n", {"C a LOGIN \"((((\\\"(((\" x"}}},
      FramerLimits::before_login(), accept_all);
}

TEST(Framer, CollectsLiteralsInPlace) {
  check(
      {{"synchronizing",
        "a LOGIN {3}\r\nbob {2}\r\npw\r\n",
        {"? 3 sync", "? 2 sync", "C a LOGIN {3}\r\nbob {2}\r\npw"}},
       {"non-synchronizing", "a LOGIN {3+}\r\nbob pw\r\n", {"? 3", "C a LOGIN {3+}\r\nbob pw"}},
       {"empty", "a LOGIN {0+}\r\n {0}\r\n\r\n", {"? 0", "? 0 sync", "C a LOGIN {0+}\r\n {0}\r\n"}},
       {"leading zeros", "a LOGIN {003+}\r\nbob x\r\n", {"? 3", "C a LOGIN {003+}\r\nbob x"}},
       {"line ends and announcements inside are data",
        "a X {9+}\r\n\n\r{7+}\r\nb\r\n",
        {"? 9", "C a X {9+}\r\n\n\r{7+}\r\nb"}},
       // RFC 7888 §3: what stands before the announcement does not matter.
       {"in a broken quoted string", "a X \"y {3+}\r\nb N\r\n", {"? 3", "C a X \"y {3+}\r\nb N"}},
       {"without a space", "a CREATE foo{3+}\r\nbar\r\n", {"? 3", "C a CREATE foo{3+}\r\nbar"}},
       {"binary", "a X ~{3+}\r\nb\nc\r\n", {"? 3 binary", "C a X ~{3+}\r\nb\nc"}}},
      FramerLimits::before_login(), accept_all);
}

// B3: what is announced one octet too short leaves the rest in the same command, never a new one.
TEST(Framer, CountsLiteralsExactly) {
  // The CR is the fifth octet, so a bare LF follows; all up to the next CRLF belongs to the broken
  // command.
  check({{"one too many",
          "a X {5+}\r\nabcd\r\nz NOOP\r\nb NOOP\r\n",
          {"? 5", "B bad_byte a", "C b NOOP"}}},
        FramerLimits::after_login(), accept_all);
  check({{"one too few",
          "a X {3+}\r\nabcd\r\nb NOOP\r\n",
          {"? 3", "C a X {3+}\r\nabcd", "C b NOOP"}}},
        FramerLimits::before_login(), accept_all);
}

TEST(Framer, StreamsTheMessage) {
  check({{"plain",
          "a APPEND x {5}\r\nab\r\nc\r\nb NOOP\r\n",
          {"? 5 sync", "S ab\r\nc", "E", "C a APPEND x {5}\r\n", "C b NOOP"}},
         {"NUL passes",
          "a APPEND x {3+}\r\na\0b\r\n"s,
          {"? 3", "S a\0b"s, "E", "C a APPEND x {3+}\r\n"}},
         {"empty", "a APPEND x {0+}\r\n\r\n", {"? 0", "E", "C a APPEND x {0+}\r\n"}},
         {"UTF8 form",
          "a APPEND x utf8 (~{2+}\r\nab)\r\n",
          {"? 2 binary", "S ab", "E", "C a APPEND x utf8 (~{2+}\r\n)"}}},
        FramerLimits::after_login(), stream_all);
}

TEST(Framer, RejectedCommandsAreConsumedWhole) {
  check({{"synchronizing: ended at once",
          "a APPEND x {5}\r\nb NOOP\r\n",
          {"? 5 sync", "X a", "C b NOOP"}},
         {"non-synchronizing",
          "a APPEND x {9+}\r\nz NOOP\r\n!\r\nb NOOP\r\n",
          {"? 9", "X a", "C b NOOP"}},
         {"chained",
          "a X {6+}\r\nz NOOP {8+}\r\nz NOOP\r\n ({3+}\r\n\r\n)\r\nb NOOP\r\n",
          {"? 6", "X a", "C b NOOP"}},
         {"chain ends in a synchronizing one",
          "a X {3+}\r\nabc {5}\r\nb NOOP\r\n",
          {"? 3", "X a", "C b NOOP"}},
         {"bare CR and LF do not end it",
          "a X {1+}\r\nx\nz NOOP\rz NOOP\r\r\nb NOOP\r\n",
          {"? 1", "X a", "C b NOOP"}},
         {"quoting does not hide the chain",
          "a X {1+}\r\nx \"{9+}\r\nz NOOP\r\n!\r\nb NOOP\r\n",
          {"? 1", "X a", "C b NOOP"}},
         {"a broken chain cannot be followed",
          "a X {1+}\r\nx {9 +}\r\nz NOOP\r\n!\r\n",
          {"? 1", "B bad_literal! a"}}},
        FramerLimits::after_login(), reject_all);
}

// The store may fail in the middle of a message.
TEST(Framer, RejectsWhileStreaming) {
  Framer framer(FramerLimits::after_login());
  std::string_view in = "a APPEND x {12+}\r\n";
  ASSERT_EQ(framer.feed(in), Framer::Action::kLiteral);
  framer.stream_literal();
  in = "z NO";
  ASSERT_EQ(framer.feed(in), Framer::Action::kStreamBytes);
  EXPECT_EQ(framer.body(), "z NO");
  framer.reject_command();
  EXPECT_EQ(framer.tag(), "a");
  in = "OP\r\n1234 {8+}\r\nz NOOP\r\n\r\nb NOOP\r\n";
  ASSERT_EQ(framer.feed(in), Framer::Action::kSkipped);
  ASSERT_EQ(framer.feed(in), Framer::Action::kCommand);
  EXPECT_EQ(framer.command(), "b NOOP");
}

TEST(Framer, RawLines) {
  Framer framer(FramerLimits::after_login());
  std::string_view in = "a IDLE\r\nDONE\r\nb NOOP\r\n";
  ASSERT_EQ(framer.feed(in), Framer::Action::kCommand);
  EXPECT_TRUE(framer.idle());
  framer.expect_raw_line();
  ASSERT_EQ(framer.feed(in), Framer::Action::kLine);
  EXPECT_EQ(framer.command(), "DONE");
  ASSERT_EQ(framer.feed(in), Framer::Action::kCommand);
  EXPECT_EQ(framer.command(), "b NOOP");
  EXPECT_EQ(framer.feed(in), Framer::Action::kNeedMore);

  // An empty SASL response is a response, and parentheses and quotes mean nothing in it.
  for (const std::string_view line : std::initializer_list<std::string_view>{"", "(((\"", "*"}) {
    framer.expect_raw_line();
    const std::string bytes = std::string(line) + "\r\n";
    Framer::Action action = Framer::Action::kNeedMore;
    for (const char& c : bytes) {
      in = std::string_view(&c, 1);
      action = framer.feed(in);
    }
    EXPECT_EQ(action, Framer::Action::kLine);
    EXPECT_EQ(framer.command(), line);
  }
}

TEST(Framer, RawLinesAnnounceNothing) {
  for (const std::string line : {"{18+}", "DONE {18}", "\"{18+}", "{18 }"}) {
    Framer framer(FramerLimits::after_login());
    framer.expect_raw_line();
    const std::string bytes = line + "\r\nz DELETE \"canary\"\r\n";
    std::string_view in = bytes;
    EXPECT_EQ(framer.feed(in), Framer::Action::kBad) << line;
    EXPECT_EQ(framer.fault(), Framer::Fault::kBadLiteral);
    EXPECT_TRUE(framer.fatal());
    EXPECT_EQ(framer.feed(in), Framer::Action::kNeedMore);
  }
}

TEST(Framer, RawLinesHaveALimit) {
  Framer framer;
  framer.expect_raw_line();
  const std::string full(FramerLimits::before_login().auth_line, 'A');
  std::string_view in = full;
  EXPECT_EQ(framer.feed(in), Framer::Action::kNeedMore);
  in = "A";
  EXPECT_EQ(framer.feed(in), Framer::Action::kBad);
  EXPECT_TRUE(framer.fatal());
  EXPECT_EQ(framer.held(), 0U);
}

// A1: the second open parenthesis before login ends the connection, no line end needed.
TEST(Framer, NestingIsBounded) {
  check({{"A1", "a NOOP " + std::string(100, '('), {"B too_deep! a"}},
         {"one is fine", "a ID (\"x\" \"y\")\r\n", {"C a ID (\"x\" \"y\")"}}},
        FramerLimits::before_login(), accept_all);
  const std::string deep = std::string(64, '(') + std::string(64, ')');
  check({{"64", "a X " + deep + "\r\n", {"C a X " + deep}},
         {"65", "a X " + std::string(65, '(') + " ALL\r\nb NOOP\r\n", {"B too_deep a", "C b NOOP"}},
         {"with a literal behind",
          "a X " + std::string(65, '(') + "{8+}\r\nz NOOP\r\n)\r\nb NOOP\r\n",
          {"B too_deep a", "C b NOOP"}}},
        FramerLimits::after_login(), accept_all);
}

// A3
TEST(Framer, BrokenLiteralsEndTheConnection) {
  for (const char* literal :
       {"{9223372036854775808}", "{9223372036854775808+}", "{18446744073709551621}",
        "{18446744073709551621+}", "{99999999999999999999999999999999999999+}", "{-1}", "{+5}",
        "{5 }", "{}", "{0x10}", "{5++}", "{5+ }", "{ 5}", "{5}}", "{{5 }"}) {
    SCOPED_TRACE(literal);
    const std::string input = std::string("a LOGIN ") + literal + "\r\nz NOOP\r\n";
    expect_trace_at_every_split(input, FramerLimits::before_login(), accept_all,
                                {"B bad_literal! a"});
    expect_trace_at_every_split(input, FramerLimits::after_login(), accept_all,
                                {"B bad_literal! a"});
  }
  check({{"4 GiB", "a LOGIN {4294967295}\r\n", {"B literal_too_big! a"}},
         {"CR inside", "a LOGIN {5\r}\r\n", {"B bad_byte! a"}},
         {"nested braces", "a LOGIN {{5}\r\nabcde\r\n", {"? 5 sync", "C a LOGIN {{5}\r\nabcde"}}},
        FramerLimits::before_login(), accept_all);
}

// B5
TEST(Framer, OnlyCrlfEndsALine) {
  const std::string nul = "a N\0OP\r\nb NOOP\r\n"s;
  check({{"bare LF", "a NOOP\nb NOOP\n", {"B bad_byte a"}},
         {"swallowed up to CRLF", "a NOOP\nz NOOP\r\nb NOOP\r\n", {"B bad_byte a", "C b NOOP"}},
         {"bare CR", "a NO\rOP\r\nb NOOP\r\n", {"B bad_byte a", "C b NOOP"}},
         {"CR CR LF", "a NOOP\r\r\nb NOOP\r\n", {"B bad_byte a", "C b NOOP"}},
         {"LF CR", "a NOOP\n\rz NOOP\r\nb NOOP\r\n", {"B bad_byte a", "C b NOOP"}},
         {"LF first", "\na NOOP\r\nb NOOP\r\n", {"B bad_byte", "C b NOOP"}},
         {"CR first", "\ra NOOP\r\nb NOOP\r\n", {"B bad_byte", "C b NOOP"}},
         {"NUL", nul, {"B bad_byte a", "C b NOOP"}},
         {"LF in a quoted string",
          "a X \"x\ny {8+}\r\nz NOOP\r\n\"\r\nb NOOP\r\n",
          {"B bad_byte a", "C b NOOP"}}},
        FramerLimits::after_login(), accept_all);
  check({{"before login it is the end", "a NOOP\nb NOOP\r\n", {"B bad_byte! a"}}},
        FramerLimits::before_login(), accept_all);
}

TEST(Framer, NulInACollectedLiteral) {
  const std::string input = "a X {4+}\r\na\0bc {8+}\r\nz NOOP\r\n\r\nb NOOP\r\n"s;
  expect_trace_at_every_split(input, FramerLimits::after_login(), accept_all,
                              {"? 4", "B bad_byte a", "C b NOOP"});
  const std::string binary = "a X ~{4+}\r\na\0bc\r\n"s;
  expect_trace_at_every_split(binary, FramerLimits::after_login(), accept_all,
                              {"? 4 binary", "C " + binary.substr(0, 15)});
}

// A16
TEST(Framer, ForeignProtocolsAreCutOff) {
  check({{"HTTP", "POST / HTTP/1.1\r\nHost: x\r\n\r\na LOGIN u pw\r\n", {"B not_imap! POST"}},
         {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {"B not_imap! PRI"}},
         {"SMTP", "EHLO me\r\n", {"B not_imap! EHLO"}},
         {"SSH", "SSH-2.0-OpenSSH_9.2\r\n", {"B not_imap! SSH-2.0-OpenSSH_9.2"}},
         {"TLS", "\x16\x03\x01", {"B not_imap!"}},
         {"a client may call its tag GET", "GET NOOP\r\n", {"C GET NOOP"}}},
        FramerLimits::before_login(), accept_all);
}

TEST(Framer, TagsAreOnlyEchoedWhenValid) {
  const std::string long_tag(65, 't');
  const std::string full_tag(64, 't');
  for (const std::string& tag :
       std::vector<std::string>{"*", "+", "{1", "<script>\"", "a+b", "\xC3\xA4", long_tag}) {
    SCOPED_TRACE(tag);
    expect_trace_at_every_split(tag + " NO\rOP", FramerLimits::before_login(), accept_all,
                                {"B bad_byte!"});
  }
  expect_trace_at_every_split(full_tag + " NO\rOP", FramerLimits::before_login(), accept_all,
                              {"B bad_byte! " + full_tag});
}

TEST(FramerLimits, Line) {
  const auto line = [](std::size_t size) { return "a X " + std::string(size - 4, 'x') + "\r\n"; };
  for (const bool login : {false, true}) {
    const FramerLimits limits = login ? FramerLimits::after_login() : FramerLimits::before_login();
    const std::vector<std::string> too_long =
        login ? std::vector<std::string>{"B line_too_long a", "C b NOOP"}
              : std::vector<std::string>{"B line_too_long! a"};
    for (const std::size_t size : {limits.line - 1, limits.line}) {
      EXPECT_EQ(trace_of({line(size)}, limits, accept_all).front().size(), size + 2);
    }
    EXPECT_EQ(trace_of({line(limits.line + 1), "b NOOP\r\n"}, limits, accept_all), too_long);
    expect_trace_in_chunks(line(limits.line + 1) + "b NOOP\r\n", 7, limits, accept_all, too_long);
  }
}

// A5: the length is for initial responses; a mechanism or a tag of that length is no reason.
TEST(FramerLimits, AuthenticateLine) {
  const FramerLimits limits = FramerLimits::before_login();
  const std::string head = "a AUTHENTICATE PLAIN ";
  const std::string fits = head + std::string(limits.auth_line - head.size(), 'A');
  EXPECT_EQ(trace_of({fits + "\r\n"}, limits, accept_all), (std::vector<std::string>{"C " + fits}));
  const std::vector<std::string> too_long = {"B line_too_long! a"};
  EXPECT_EQ(trace_of({fits + "A\r\n"}, limits, accept_all), too_long);
  EXPECT_EQ(trace_of({head + std::string(200'000, 'A')}, limits, accept_all), too_long);
  EXPECT_EQ(trace_of({"a AUTHENTICATE " + std::string(3'000, 'P') + "\r\n"}, limits, accept_all),
            too_long);
  EXPECT_EQ(trace_of({std::string(100'000, 't')}, limits, accept_all),
            (std::vector<std::string>{"B line_too_long!"}));
}

TEST(FramerLimits, CommandsThatCarrySets) {
  const FramerLimits limits = FramerLimits::after_login();
  for (const std::string head :
       {"a FETCH ", "a UID FETCH ", "a UID STORE ", "a SEARCH UID ", "a SELECT x (QRESYNC "}) {
    const std::string fits = head + std::string(limits.set_line - head.size(), '1');
    EXPECT_EQ(trace_of({fits + "\r\n"}, limits, accept_all).front().size(), fits.size() + 2)
        << head;
    EXPECT_EQ(trace_of({fits + "1\r\nb NOOP\r\n"}, limits, accept_all),
              (std::vector<std::string>{"B line_too_long a", "C b NOOP"}));
  }
}

// B1: every literal counts, and so does every announcement.
TEST(FramerLimits, LiteralsOfOneCommand) {
  const FramerLimits limits = FramerLimits::after_login();
  std::string input = "a SEARCH";
  for (int i = 0; i < 300; ++i) input += " SUBJECT {4000+}\r\n" + std::string(4'000, 'z');
  input += "\r\nb NOOP\r\n";
  std::vector<std::string> trace = trace_of({input}, limits, accept_all);
  ASSERT_EQ(trace.size(), 262U + 2U);
  EXPECT_EQ(trace[262], "B literal_too_big a");
  EXPECT_EQ(trace[263], "C b NOOP");

  for (const std::size_t size : {limits.literals - 1, limits.literals}) {
    const std::string one = "a X {" + digits(size) + "+}\r\n" + std::string(size, 'x') + "\r\n";
    EXPECT_EQ(trace_of({one}, limits, accept_all).back().size(), one.size());
  }
  const std::string sync = "a X {" + digits(limits.literals + 1) + "}\r\nb NOOP\r\n";
  EXPECT_EQ(trace_of({sync}, limits, accept_all),
            (std::vector<std::string>{"B literal_too_big a", "C b NOOP"}));
}

TEST(FramerLimits, BeforeLoginLiteral) {
  const FramerLimits limits = FramerLimits::before_login();
  const std::string fits = "a LOGIN {16384}\r\n";
  EXPECT_EQ(trace_of({fits}, limits, accept_all), (std::vector<std::string>{"? 16384 sync"}));
  EXPECT_EQ(trace_of({"a LOGIN {16385}\r\n"}, limits, accept_all),
            (std::vector<std::string>{"B literal_too_big! a"}));
}

// RFC 7888 §5
TEST(FramerLimits, LiteralMinus) {
  FramerLimits limits = FramerLimits::after_login();
  limits.literal_plus = false;
  EXPECT_EQ(trace_of({"a APPEND x {4096+}\r\n"}, limits, stream_all),
            (std::vector<std::string>{"? 4096"}));
  EXPECT_EQ(trace_of({"a APPEND x {4097+}\r\n"}, limits, stream_all),
            (std::vector<std::string>{"B literal_too_big! a"}));
  EXPECT_EQ(trace_of({"a APPEND x {4097}\r\n"}, limits, stream_all),
            (std::vector<std::string>{"? 4097 sync"}));
}

TEST(FramerLimits, SkippingHasAnEnd) {
  FramerLimits limits = FramerLimits::after_login();
  limits.skip = 100;
  EXPECT_EQ(trace_of({"a APPEND x {101+}\r\n"}, limits, reject_all),
            (std::vector<std::string>{"? 101", "B literal_too_big! a"}));
  const std::string chain = "a X {50+}\r\n" + std::string(50, 'x') + " {50+}\r\n";
  EXPECT_EQ(trace_of({chain}, limits, reject_all),
            (std::vector<std::string>{"? 50", "B literal_too_big! a"}));
  EXPECT_EQ(trace_of({"a X {1+}\r\nx" + std::string(101, 'y')}, limits, reject_all),
            (std::vector<std::string>{"? 1", "B line_too_long! a"}));
}

// Where a fault is found must not depend on how the octets were cut.
TEST(FramerLimits, CountTheSameInEveryPartition) {
  const FramerLimits small{.line = 12,
                           .auth_line = 30,
                           .set_line = 24,
                           .literals = 8,
                           .depth = 2,
                           .skip = 20,
                           .close_on_fault = false};
  check({{"set line, then up to the skip budget",
          "b UID FETCH 1:*1111111111" + std::string(17, 'x') + "\r\nc X\r\n",
          {"B line_too_long b", "C c X"}},
         {"one more",
          "b UID FETCH 1:*1111111111" + std::string(18, 'x') + "\r\nc X\r\n",
          {"B line_too_long b", "B line_too_long! b"}},
         {"NUL early in a literal",
          "b X {8+}\r\na\0bcdefg 12345678901\r\nc X\r\n"s,
          {"? 8", "B bad_byte b", "C c X"}},
         {"one more",
          "b X {8+}\r\na\0bcdefg 123456789012\r\nc X\r\n"s,
          {"? 8", "B bad_byte b", "B line_too_long! b"}}},
        small, accept_all);
}

// The largest commands, octet by octet: anything worse than linear would not end within the test's
// time.
TEST(FramerLimits, OctetByOctetIsLinear) {
  const FramerLimits limits = FramerLimits::after_login();
  std::string set = "a UID FETCH 1";
  while (set.size() < limits.set_line - 12) set += ",1000000000";
  std::string empties = "a X";
  while (empties.size() < limits.line - 10) empties += " {0+}\r\n";
  const std::string literal =
      "a X {" + digits(limits.literals) + "+}\r\n" + std::string(limits.literals, 'x');
  const std::string auth = "a AUTHENTICATE PLAIN " + std::string(60'000, 'A');
  const std::string quotes = "a UID FETCH " + std::string(1'000'000, '"');
  for (const std::string& command : {set, empties, literal, auth, quotes}) {
    Framer framer(limits);
    for (const char& octet : command) {
      std::string_view in(&octet, 1);
      while (framer.feed(in) == Framer::Action::kLiteral) framer.accept_literal();
    }
    std::string_view in = "\r\n";
    EXPECT_EQ(framer.feed(in), Framer::Action::kCommand);
    EXPECT_EQ(framer.command(), command);
  }
}

TEST(FramerLimits, TakeEffectWithTheNextCommand) {
  Framer framer;
  std::string_view in = "a LOGIN u p\r\nb X (((1)))\r\n";
  ASSERT_EQ(framer.feed(in), Framer::Action::kCommand);
  framer.set_limits(FramerLimits::after_login());
  EXPECT_EQ(framer.feed(in), Framer::Action::kCommand);
}

TEST(Framer, HoldsNothingWhenIdle) {
  Framer framer(FramerLimits::after_login());
  const std::string big = "a UID FETCH 1" + std::string(500'000, '1') + "\r\n";
  std::string_view in = big;
  ASSERT_EQ(framer.feed(in), Framer::Action::kCommand);
  EXPECT_TRUE(framer.idle());
  framer.release_memory();
  EXPECT_EQ(framer.held(), 0U);
  in = "b";
  EXPECT_EQ(framer.feed(in), Framer::Action::kNeedMore);
  EXPECT_FALSE(framer.idle());
  framer.release_memory();  // not idle: keeps what it has
  EXPECT_EQ(framer.command(), "b");
}

// B2, by table: every command, every position of the argument, every way to be refused. The payload
// is a command of its own; it must never come out as one.
TEST(Framer, NoByteOfARefusedCommandIsACommand) {
  const std::string payload = "z DELETE \"canary\"\r\n";
  const std::string literal = "{" + digits(payload.size()) + "+}\r\n" + payload;
  const std::vector<std::string> heads = {"a APPEND ",
                                          "a APPEND INBOX ",
                                          "a APPEND INBOX \"bad-date\" ",
                                          "a APPEND nope (\\Seen) ",
                                          "a XYZZY ",
                                          "a ",
                                          "a STORE 1 +FLAGS (",
                                          "a FETCH ",
                                          "a FETCH 1 BODY[HEADER.FIELDS (",
                                          "a SEARCH CHARSET ",
                                          "a SEARCH SUBJECT \"unclosed ",
                                          "a LIST \"\" ",
                                          "a LOGIN ",
                                          "a LOGIN u ",
                                          "a STATUS ",
                                          "a CREATE ~",
                                          "a APPEND INBOX UTF8 (~",
                                          "\"",
                                          "a SEARCH NOT (",
                                          "a ID (",
                                          "a UID COPY 1:* ",
                                          "a RENAME x ",
                                          "* ",
                                          "a SELECT x (QRESYNC ("};
  const std::vector<std::string> tails = {"\r\n", ")\r\n", " " + literal + "\r\n",
                                          " (((" + literal + literal + ")\r\n",
                                          " \"" + literal + "\"\r\n"};
  const std::vector<Answer> answers = {accept_all, stream_all, reject_all};
  for (const bool login : {false, true}) {
    FramerLimits limits = login ? FramerLimits::after_login() : FramerLimits::before_login();
    for (const std::string& head : heads) {
      for (const std::string& tail : tails) {
        for (const Answer& answer : answers) {
          const std::string input = head + literal + tail + "b NOOP\r\n";
          for (const std::string& event : trace_of({input}, limits, answer)) {
            EXPECT_NE(event.substr(0, 3), "C z") << input;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace postern::imap
