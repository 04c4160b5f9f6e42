// WITHIN (RFC 5032), SAVEDATE (RFC 8514), OBJECTID (RFC 8474), FUZZY (RFC 6203), the comparator of
// RFC 5255, and what a long search tells of itself.
#include <gtest/gtest.h>

#include "mailstore/object_id.h"
#include "search/relevancy.h"
#include "search/test_account.h"

namespace postern::search {
namespace {

using test::found;
using test::Mailbox;
using test::program_of;
using test::run_search;
using Row = test::Row;

std::string message(const std::string& subject, const std::string& body,
                    const std::string& more = "") {
  return "From: Ann <ann@a.example>\r\nSubject: " + subject + "\r\n" + more + "\r\n" + body +
         "\r\n";
}

TEST(SmallSearch, WithinIsExactToTheSecond) {
  Mailbox box;
  for (const std::int64_t date : {999, 1000, 1001, 2000, 5000})
    box.add(message("s", "b"), {.internal_date = date, .zone_minutes = 600});
  const SearchContext context{.now = 2000};
  EXPECT_EQ(found(box, "YOUNGER 1000", context), "2:5");
  EXPECT_EQ(found(box, "OLDER 1000", context), "1:2");
  EXPECT_EQ(found(box, "OLDER 1000 YOUNGER 1000", context), "2");
  EXPECT_EQ(found(box, "NOT YOUNGER 999", context), "1:2");
  EXPECT_EQ(found(box, "YOUNGER 4294967295", context), "1:5");
  EXPECT_EQ(found(box, "OLDER 4294967295", context), "");
  EXPECT_EQ(box.account.infos_read, 0u);
}

TEST(SmallSearch, SaveDatesAreDaysOfUtc) {
  Mailbox box;
  constexpr std::uint32_t kDay = 86400;
  box.add(message("s", "b"), {.internal_date = 50 * kDay, .save_date = 10 * kDay - 1});
  box.add(message("s", "b"), {.internal_date = 50 * kDay, .save_date = 10 * kDay});
  box.add(message("s", "b"),
          {.internal_date = 50 * kDay, .zone_minutes = -600, .save_date = 11 * kDay - 1});
  box.add(message("s", "b"), {.internal_date = 50 * kDay, .save_date = 11 * kDay});
  EXPECT_EQ(found(box, "SAVEDON 11-Jan-1970"), "2:3");
  EXPECT_EQ(found(box, "SAVEDBEFORE 11-Jan-1970"), "1");
  EXPECT_EQ(found(box, "SAVEDSINCE 11-Jan-1970"), "2:4");
  EXPECT_EQ(found(box, "SAVEDATESUPPORTED"), "1:4");
  EXPECT_EQ(found(box, "NOT SAVEDATESUPPORTED"), "");
}

TEST(SmallSearch, EmailIds) {
  Mailbox box;
  const EmailId one = box.add(message("one", "b"));
  box.add(message("two", "b"));
  box.add_row(one, 10, Row());
  const std::string id = mailstore::email_object_id(AccountId(1), one);
  EXPECT_EQ(found(box, "EMAILID " + id), "1,3");
  EXPECT_EQ(found(box, "OR EMAILID " + id + " EMAILID " +
                           mailstore::email_object_id(AccountId(1), EmailId(2))),
            "1:3");
  // Ids are case-sensitive, have one spelling, and belong to an account.
  for (const std::string& other : {std::string("M1-1"), std::string("m1-01"), std::string("m2-1"),
                                   std::string("m1-0"), std::string("m1"), std::string("m1-"),
                                   std::string("m1-ffffffffffffffffff"), std::string("x")}) {
    EXPECT_EQ(found(box, "EMAILID " + other), "") << other;
  }
  EXPECT_EQ(box.account.infos_read, 0u);
}

TEST(SmallSearch, ThreadIds) {
  Mailbox box;
  box.add(message("a", "b", "Message-ID: <root@x>\r\n"));
  box.add(message("b", "b", "Message-ID: <2@x>\r\nIn-Reply-To: <root@x>\r\n"));
  box.add(message("c", "b", "Message-ID: <3@x>\r\nReferences: <root@x>\r\n <2@x>\r\n"));
  box.add(message("d", "b", "Message-ID: <4@x>\r\n"));
  mime::MessageInfo info;
  info.hot_header = "Message-ID: <root@x>\r\n";
  const std::string thread = mailstore::thread_object_id(AccountId(1), EmailId(1), info);
  EXPECT_EQ(found(box, "THREADID " + thread), "1:3");
  EXPECT_EQ(found(box, "NOT THREADID " + thread), "4");
  EXPECT_EQ(found(box, "THREADID t0"), "");
  EXPECT_EQ(box.account.body_reads, 0u);
}

// RFC 5255 §4.2: BCC, BODY, CC, FROM, SUBJECT, TEXT, TO and HEADER compare by i;unicode-casemap.
TEST(SmallSearch, EveryTextKeyUsesTheComparator) {
  Mailbox box;
  const std::string dz = "\xC7\x86";       // U+01C6, small
  const std::string capital = "\xC7\x84";  // U+01C4
  const std::string dotless = "\xC4\xB1";  // U+0131, titlecase I
  const std::string text = dz + dotless;
  box.add("From: " + text + " <a@b>\r\nTo: " + text + " <a@b>\r\nCc: " + text +
          " <a@b>\r\nBcc: " + text + " <a@b>\r\nSubject: " + text + "\r\nX-Other: " + text +
          "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n");
  for (const std::string key :
       {"FROM", "TO", "CC", "BCC", "SUBJECT", "HEADER X-Other", "HEADER To", "BODY", "TEXT"}) {
    EXPECT_EQ(found(box, key + " \"" + capital + "i\""), "1") << key;
    EXPECT_EQ(found(box, key + " \"" + capital + "j\""), "") << key;
  }
}

TEST(SmallSearch, FuzzyFindsWordsInAnyOrder) {
  Mailbox box;
  box.add(message("Meeting about the blue house", "nothing"));
  box.add(message("house", "it is Blue, all over"));
  box.add(message("other", "text"));
  EXPECT_EQ(found(box, "SUBJECT \"house blue\""), "");
  EXPECT_EQ(found(box, "FUZZY SUBJECT \"house, BLUE!\""), "1");
  EXPECT_EQ(found(box, "FUZZY TEXT \"blue house\""), "1:2");
  EXPECT_EQ(found(box, "FUZZY BODY \"over blue\""), "2");
  EXPECT_EQ(found(box, "FUZZY NOT SUBJECT \"blue house\""), "2:3");
  EXPECT_EQ(found(box, "OR FUZZY SUBJECT \"blue the\" SUBJECT other"), "1,3");
  EXPECT_EQ(found(box, "FUZZY (SUBJECT house BODY \"blue over\")"), "2");
  EXPECT_EQ(found(box, "FUZZY HEADER Subject \"about meeting\""), "1");
  EXPECT_EQ(found(box, "FUZZY SUBJECT \"\""), "1:3");
  EXPECT_EQ(found(box, "FUZZY SUBJECT \"...\""), "");
  EXPECT_EQ(found(box, "FUZZY (1:2 SEEN)"), "");
  EXPECT_EQ(found(box, "FUZZY 2:3"), "2:3");
}

TEST(SmallSearch, FuzzyTextOfManyWordsStaysWithinTheLimits) {
  Mailbox box;
  box.add(message("s", "b"));
  std::string words;
  for (int i = 0; i < 5000; ++i) words += "w" + std::to_string(i) + " ";
  EXPECT_EQ(found(box, "FUZZY SUBJECT \"" + words + "\""), "");
  std::string keys = "FUZZY (";
  for (int i = 0; i < 500; ++i) keys += "BODY \"a b c d\" ";
  keys.back() = ')';
  EXPECT_EQ(found(box, keys), "limit");
}

TEST(SmallSearch, RelevancyOrdersWhatWasFound) {
  Mailbox box;
  box.add(message("nothing", "the blue house"), {.internal_date = 100});
  box.add(message("house that is blue", "x"), {.internal_date = 200});
  box.add(message("blue house", "x"), {.internal_date = 300});
  box.add(message("blue house", "x"), {.internal_date = 50});
  const auto program = program_of("FUZZY TEXT \"Blue House\"");
  ManualExecutor executor;
  const auto scores = run_blocking(
      executor, score(box.account, box.version(), program, UidSet::of({10, 20, 30, 40})));
  ASSERT_TRUE(scores.has_value());
  ASSERT_EQ(scores->size(), 4u);
  const auto& s = *scores;
  for (const std::uint8_t value : s) {
    EXPECT_GE(value, 1);
    EXPECT_LE(value, 100);
  }
  EXPECT_LT(s[0], s[1]);
  EXPECT_LT(s[1], s[2]);
  EXPECT_LT(s[3], s[2]);
  EXPECT_LT(s[0], s[3]);
  box.account.spoil_info(EmailId(1), Errc::kCorrupt);
  const auto without = run_blocking(
      executor, score(box.account, box.version(), program, UidSet::of({10, 20, 30, 40})));
  ASSERT_TRUE(without.has_value());
  EXPECT_EQ(without->size(), 4u);
}

class Observer final : public SearchObserver {
 public:
  [[nodiscard]] bool due() override { return true; }
  task<bool> report(std::uint64_t done, std::uint64_t total) override {
    told.emplace_back(done, total);
    co_return told.size() < stop_after;
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
  std::size_t stop_after = SIZE_MAX;
};

TEST(SmallSearch, ALongSearchTellsHowFarItIsAndStops) {
  Mailbox box;
  for (int i = 0; i < 100; ++i) box.add(message("s", "needle"));
  Observer observer;
  EXPECT_EQ(found(box, "BODY needle", {.observer = &observer}), "1:100");
  ASSERT_GE(observer.told.size(), 100u);
  for (std::size_t i = 0; i < observer.told.size(); ++i) {
    EXPECT_EQ(observer.told[i].second, 100u);
    if (i > 0) EXPECT_GE(observer.told[i].first, observer.told[i - 1].first);
  }
  Observer impatient;
  impatient.stop_after = 3;
  EXPECT_EQ(found(box, "BODY needle", {.observer = &impatient}), "unavailable");
  EXPECT_EQ(impatient.told.size(), 3u);
}

}  // namespace
}  // namespace postern::search
