#include "search/search.h"

#include <gtest/gtest.h>

#include "mime/limits.h"
#include "search/test_account.h"

namespace postern::search {
namespace {

using test::found;
using test::Mailbox;
using test::program_of;
using test::run_search;
namespace ms = mailstore;

std::string crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string simple(const std::string& subject, const std::string& body) {
  return "From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: " + subject + "\r\n\r\n" +
         body + "\r\n";
}

TEST(SearchRows, FlagsSizesDatesAndNumbers) {
  Mailbox box({"$Junk", "work"});
  constexpr std::int64_t kDay = 86400;
  box.add(simple("1", "x"),
          {.flags = ms::kSeen, .keywords = {0}, .internal_date = 10 * kDay, .modseq = 5});
  // 23:30 on day 10 in its own zone (UTC-2), which is day 11 in UTC.
  box.add(simple("2", "xx"), {.flags = ms::kFlagged | ms::kDeleted,
                              .internal_date = 11 * kDay + 5400,
                              .zone_minutes = -120,
                              .modseq = 9});
  box.add(simple("3", "xxxx"), {.flags = ms::kAnswered | ms::kDraft,
                                .keywords = {1},
                                .internal_date = 11 * kDay,
                                .modseq = 7});
  const std::string size = std::to_string(simple("2", "xx").size());
  const SearchContext context{.recent = UidSet::of({20, 30}), .saved_result = UidSet::of({10, 30})};
  const std::pair<std::string, std::string> cases[] = {{"ALL", "1:3"},
                                                       {"SEEN", "1"},
                                                       {"UNSEEN", "2:3"},
                                                       {"FLAGGED", "2"},
                                                       {"UNFLAGGED", "1,3"},
                                                       {"DELETED", "2"},
                                                       {"UNDELETED", "1,3"},
                                                       {"ANSWERED", "3"},
                                                       {"UNANSWERED", "1:2"},
                                                       {"DRAFT", "3"},
                                                       {"UNDRAFT", "1:2"},
                                                       {"NEW", "2:3"},
                                                       {"OLD", "1"},
                                                       {"RECENT", "2:3"},
                                                       {"KEYWORD $junk", "1"},
                                                       {"UNKEYWORD WORK", "1:2"},
                                                       {"KEYWORD absent", ""},
                                                       {"UNKEYWORD absent", "1:3"},
                                                       {"LARGER " + size, "3"},
                                                       {"SMALLER " + size, "1"},
                                                       {"LARGER 0", "1:3"},
                                                       {"MODSEQ 7", "2:3"},
                                                       {"MODSEQ 10", ""},
                                                       {"ON 11-Jan-1970", "1:2"},
                                                       {"BEFORE 12-Jan-1970", "1:2"},
                                                       {"SINCE 12-Jan-1970", "3"},
                                                       {"BEFORE 11-Jan-1970", ""},
                                                       {"2", "2"},
                                                       {"1:2", "1:2"},
                                                       {"*", "3"},
                                                       {"9:2", "2:3"},
                                                       {"7", ""},
                                                       {"UID 20", "2"},
                                                       {"UID 15:*", "2:3"},
                                                       {"UID 99:*", "3"},
                                                       {"$", "1,3"},
                                                       {"UID $", "1,3"},
                                                       {"NOT $", "2"},
                                                       {"NOT SEEN NOT FLAGGED", "3"},
                                                       {"OR SEEN FLAGGED", "1:2"},
                                                       {"OR (SEEN FLAGGED) (2:3 NOT DELETED)", "3"},
                                                       {"NOT (OR SEEN FLAGGED)", "3"},
                                                       {"NOT NOT SEEN", "1"}};
  for (const auto& [keys, expected] : cases) EXPECT_EQ(found(box, keys, context), expected) << keys;
  EXPECT_EQ(box.account.infos_read, 0u);
  EXPECT_EQ(box.account.body_reads, 0u);
  const auto hits = run_search(box.account, box.version(), program_of("1:2"));
  EXPECT_EQ(hits->highest_modseq, ModSeq(9));
  EXPECT_EQ(run_search(box.account, box.version(), program_of("7"))->highest_modseq, ModSeq(0));
}

TEST(SearchRows, EmptyMailbox) {
  Mailbox box;
  for (const char* keys : {"ALL", "1:*", "*", "UID *", "NOT ALL", "TEXT x", "$"})
    EXPECT_EQ(found(box, keys), "") << keys;
}

TEST(SearchRows, DaysBefore1970) {
  Mailbox box;
  box.add(simple("1", "x"), {.internal_date = -1});
  EXPECT_EQ(found(box, "ON 31-Dec-1969"), "1");
  EXPECT_EQ(found(box, "BEFORE 31-Dec-1969"), "");
}

TEST(SearchHeaders, DecodedAndFolded) {
  Mailbox box;
  box.add(
      crlf("From: =?utf-8?q?J=C3=B6rg?= <J@X.example>\nTo: a@b\nCc: c@d\nSubject: "
           "=?iso-8859-1?q?Gr=FC=DFe?=\n =?iso-8859-1?q?_aus?=\n"
           "X-Tag: one\nX-Tag: two\nX-Empty:\nList-Id: <l.example>\n\nbody\n"));
  box.add(
      crlf("From: Bob <bob@y.example>\nBcc: hidden@z\nSubject: plain\n\tfolded text\n\nGruesse\n"));
  const std::pair<std::string, std::string> cases[] = {{"FROM \"j\xC3\x96rg\"", "1"},
                                                       {"FROM j@x.EXAMPLE", "1"},
                                                       {"FROM example", "1:2"},
                                                       {"SUBJECT \"GR\xC3\x9CSSE\"", ""},
                                                       {"FUZZY SUBJECT \"GR\xC3\x9CSSE\"", "1"},
                                                       {"SUBJECT \"gr\xC3\xBC\xC3\x9F"
                                                        "e aus\"",
                                                        "1"},
                                                       {"SUBJECT \"plain\tfolded\"", "2"},
                                                       {"SUBJECT body", ""},
                                                       {"TO b", "1"},
                                                       {"CC c@d", "1"},
                                                       {"BCC hidden", "2"},
                                                       {"BCC x", ""},
                                                       {"HEADER x-tag two", "1"},
                                                       {"HEADER X-TAG three", ""},
                                                       {"HEADER X-Empty \"\"", "1"},
                                                       {"HEADER X-None \"\"", ""},
                                                       {"HEADER List-ID l.example", "1"},
                                                       {"SUBJECT \"\"", "1:2"},
                                                       {"NOT HEADER X-Tag one", "2"},
                                                       {"HEADER x-tag \"e two\"", ""},
                                                       {"HEADER from-x y", ""}};
  for (const auto& [keys, expected] : cases) EXPECT_EQ(found(box, keys), expected) << keys;
}

TEST(SearchHeaders, UsualFieldsComeFromTheRecordOthersFromTheHeader) {
  Mailbox box;
  box.add("Subject: a\r\nX-Y: b\r\n\r\n" + std::string(100'000, 'x'));
  EXPECT_EQ(found(box, "SUBJECT a FROM b"), "");
  EXPECT_EQ(box.account.body_reads, 0u);
  EXPECT_EQ(found(box, "HEADER X-Y b"), "1");
  EXPECT_EQ(box.account.octets_read, 22u);
}

TEST(SearchHeaders, TooBigForTheRecord) {
  Mailbox box;
  box.add("Subject: needle " + std::string(mime::kMaxHotHeader, 'x') + "\r\n\r\n");
  EXPECT_EQ(found(box, "SUBJECT needle"), "1");
  EXPECT_EQ(found(box, "SUBJECT other"), "");
  EXPECT_GT(box.account.body_reads, 0u);
}

TEST(SearchSent, UsesTheDateAsWritten) {
  Mailbox box;
  box.add("Date: Fri, 21 Nov 1997 23:30:00 -0600\r\n\r\n");
  box.add("Subject: no date\r\n\r\n");
  const std::pair<std::string, std::string> cases[] = {
      {"SENTON 21-Nov-1997", "1"},    {"SENTBEFORE 22-Nov-1997", "1"},
      {"SENTSINCE 21-Nov-1997", "1"}, {"SENTBEFORE 21-Nov-1997", ""},
      {"SENTSINCE 22-Nov-1997", ""},  {"NOT SENTSINCE 22-Nov-1997", "1:2"}};
  for (const auto& [keys, expected] : cases) EXPECT_EQ(found(box, keys), expected) << keys;
  EXPECT_EQ(box.account.body_reads, 0u);
}

TEST(SearchText, PartsEncodingsAndCharsets) {
  Mailbox box;
  box.add(simple("alpha", "Plain body, wrapped\r\nhere"));
  box.add(crlf(
      "Subject: beta\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n--b\nContent-Type: "
      "text/plain; charset=koi8-r\n"
      "Content-Transfer-Encoding: base64\n\n8NLJ18XU\n--b\nContent-Type: text/html; charset=utf-8\n"
      "Content-Transfer-Encoding: quoted-printable\n\n<p>caf=C3=\n=A9 so=\nft</p>\n--b\n"
      "Content-Type: application/pdf; name=\"invoice.pdf\"\n\nsecretword\n--b\n"
      "Content-Type: message/delivery-status\n\nDiagnostic-Code: smtp; 550 no user\n--b--\n"));
  box.add(
      crlf("Subject: gamma\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?inner?= "
           "title\n\ndeep text\n"));
  const std::pair<std::string, std::string> cases[] = {
      {"BODY \"plain BODY\"", "1"},
      {"BODY alpha", ""},
      {"TEXT alpha", "1"},
      {"TEXT \"subject: alpha\"", "1"},
      {"BODY \"\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82\"", "2"},
      {"BODY \"CAF\xC3\x89\"", "2"},
      {"BODY \"e\xCC\x81 soft\"", "2"},
      {"BODY invoice", ""},
      {"TEXT invoice.pdf", "2"},
      {"TEXT secretword", ""},
      {"BODY \"550 no user\"", "2"},
      {"BODY \"inner title\"", "3"},
      {"BODY \"deep text\"", "3"},
      {"BODY gamma", ""},
      {"TEXT gamma", "3"},
      {"BODY \"\"", "1:3"},
      {"TEXT nothing", ""},
      {"NOT BODY deep", "1:2"},
      {"OR BODY deep TEXT alpha", "1,3"},
      {"BODY deep BODY text BODY inner", "3"},
      {"BODY deep NOT BODY inner", ""}};
  for (const auto& [keys, expected] : cases) EXPECT_EQ(found(box, keys), expected) << keys;
}

TEST(SearchText, AcrossPieces) {
  // The needle at every offset around the border between two reads.
  for (const std::string encoding : {"7bit", "quoted-printable"}) {
    for (std::size_t before = 65'520; before < 65'545; ++before) {
      Mailbox box;
      box.add("Content-Transfer-Encoding: " + encoding + "\r\n\r\n" + std::string(before, 'x') +
              "Str\xC3\xA4\xC3\x9F"
              "e" +
              std::string(70'000, 'y'));
      EXPECT_EQ(found(box,
                      "BODY \"STR\xC3\x84\xC3\x9F"
                      "E\""),
                "1")
          << before;
      EXPECT_EQ(found(box, "FUZZY BODY \"STR\xC3\x84SSE\""), "1") << before;
      EXPECT_LE(box.account.largest_read, 65'536u);
    }
  }
}

TEST(SearchText, StopsReadingWhenItKnows) {
  Mailbox box;
  box.add(simple("s", "needle " + std::string(500'000, 'x')), {.flags = ms::kSeen});
  EXPECT_EQ(found(box, "UNSEEN BODY needle"), "");
  EXPECT_EQ(found(box, "SUBJECT t BODY needle"), "");
  EXPECT_EQ(found(box, "OR SEEN BODY needle"), "1");
  EXPECT_EQ(found(box, "OR UNSEEN (SUBJECT t BODY needle)"), "");
  EXPECT_EQ(box.account.body_reads, 0u);
  EXPECT_EQ(found(box, "BODY needle"), "1");
  EXPECT_EQ(box.account.body_reads, 1u);
}

TEST(SearchErrors, OneMessageThatCannotBeReadIsOnlyUndecided) {
  Mailbox box;
  const EmailId a = box.add(simple("one", "needle"));
  const EmailId b = box.add(simple("two", "needle"), {.flags = ms::kFlagged});
  box.add(simple("three", "needle"));
  box.account.spoil_info(a, Errc::kCorrupt);
  box.account.spoil_body(b, Errc::kExpunged);
  EXPECT_EQ(found(box, "BODY needle"), "3");
  EXPECT_EQ(found(box, "NOT BODY absent"), "3");
  EXPECT_EQ(found(box, "SUBJECT two"), "2");
  EXPECT_EQ(found(box, "OR FLAGGED BODY needle"), "2:3");
  box.account.spoil_body(b, Errc::kUnavailable);
  EXPECT_EQ(found(box, "BODY needle"), "unavailable");
  box.account.spoil_info(a, Errc::kUnavailable);
  EXPECT_EQ(found(box, "SUBJECT two"), "unavailable");
}

TEST(SearchLimits, NodesWorkAndMalformedPrograms) {
  Mailbox box;
  box.add(simple("s", "body"));
  for (const std::size_t nodes : {kMaxSearchNodes - 1, kMaxSearchNodes, kMaxSearchNodes + 1}) {
    imap::SearchProgram chain;
    chain.nodes.resize(nodes);
    for (std::size_t i = 1; i < nodes; ++i)
      chain.nodes[i] = {.op = imap::SearchOp::kNot, .count = 1};
    const auto hits = run_search(box.account, box.version(), chain);
    ASSERT_EQ(hits.has_value(), nodes <= kMaxSearchNodes);
    if (hits.has_value()) EXPECT_EQ(hits->seqs.count(), nodes % 2);
  }
  EXPECT_EQ(found(box, "TEXT absent", {.max_work = 10}), "limit");
  imap::SearchProgram bad;
  EXPECT_EQ(run_search(box.account, box.version(), bad).error().code, Errc::kInvalid);
  bad.nodes = {{.op = imap::SearchOp::kAnd, .count = 1}};
  EXPECT_EQ(run_search(box.account, box.version(), bad).error().code, Errc::kInvalid);
  bad.nodes = {{.op = imap::SearchOp::kAll}, {.op = imap::SearchOp::kAll}};
  EXPECT_EQ(run_search(box.account, box.version(), bad).error().code, Errc::kInvalid);
}

TEST(SearchPace, GivesOthersATurn) {
  Mailbox box;
  const EmailId email = box.account.add(simple("s", "b"));
  for (int i = 0; i < 20'000; ++i) box.add_row(email, 10, {});
  ManualExecutor executor;
  bool done = false;
  std::size_t turns = 0;
  auto searching = [](Mailbox& b, bool& flag) -> task<void> {
    EXPECT_TRUE(
        (co_await search(b.account, b.version(), program_of("UNSEEN LARGER 1"), {})).has_value());
    flag = true;
  };
  auto other = [](bool& flag, std::size_t& count) -> task<void> {
    while (!flag) {
      ++count;
      co_await Yield{};
    }
  };
  spawn(executor, searching(box, done), [](std::exception_ptr) {});
  spawn(executor, other(done, turns), [](std::exception_ptr) {});
  executor.run_ready();
  EXPECT_TRUE(done);
  EXPECT_GT(turns, 3u);
}

TEST(SearchWithin, LooksAtNothingElse) {
  Mailbox box;
  for (int i = 1; i <= 100; ++i) box.add(simple(i % 2 == 0 ? "even" : "odd", "x"));
  EXPECT_EQ(found(box, "SUBJECT even", {.within = UidSet::of({10, 15, 20, 30, 1000, 2000})}),
            "2,100");
  EXPECT_EQ(box.account.infos_read, 4u);
  EXPECT_EQ(found(box, "ALL", {.within = UidSet()}), "");
  EXPECT_EQ(found(box, "1:3", {.within = UidSet::range(20, UINT32_MAX)}), "2:3");
}

TEST(SearchStop, EndsWhenNobodyWaits) {
  Mailbox box;
  for (int i = 0; i < 200; ++i) box.add(simple("x", "y"));
  int asked = 0;
  EXPECT_EQ(found(box, "SUBJECT x", {.stop = [&] { return ++asked == 2; }}), "unavailable");
  EXPECT_EQ(box.account.infos_read, 64u);
  EXPECT_EQ(found(box, "SUBJECT x", {.stop = [] { return false; }}), "1:200");
}

}  // namespace
}  // namespace postern::search
