#include "search/sort.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "search/paced_sort.h"
#include "search/sort_key.h"
#include "search/test_account.h"

namespace postern::search {
namespace {

using imap::SortCriterion;
using imap::SortKey;
using test::Mailbox;

struct Mail {
  std::string from, to, cc, subject, date;
};

std::string text_of(const Mail& mail) {
  std::string text;
  const auto field = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += name + (": " + value) + "\r\n";
  };
  field("From", mail.from);
  field("To", mail.to);
  field("Cc", mail.cc);
  field("Subject", mail.subject);
  field("Date", mail.date);
  return text + "\r\nbody\r\n";
}

Result<std::vector<SortedMessage>> run_sort(Mailbox& box, std::vector<SortCriterion> criteria,
                                            Stop stop = {}) {
  ManualExecutor executor;
  const auto view = box.version();
  return run_blocking(
      executor, sort(box.account, view, view->all_uids(), std::move(criteria), std::move(stop)));
}

// Sequence numbers in order.
std::string sorted(Mailbox& box, std::vector<SortCriterion> criteria) {
  const auto result = run_sort(box, std::move(criteria));
  EXPECT_TRUE(result.has_value());
  std::string text;
  for (const SortedMessage& message : *result) {
    if (!text.empty()) text += ' ';
    text += std::to_string(message.uid.value() / 10);
  }
  return text;
}

TEST(Sort, ByRow) {
  Mailbox box;
  box.add("Subject: long\r\n\r\nlonger\r\n", {.internal_date = 300});
  box.add("\r\n", {.internal_date = -5});
  box.add("x: y\r\n\r\n", {.internal_date = 300});
  EXPECT_EQ(sorted(box, {{SortKey::kArrival, false}}), "2 1 3");
  // RFC 5256 §3: REVERSE does not turn the order of equal ones.
  EXPECT_EQ(sorted(box, {{SortKey::kArrival, true}}), "1 3 2");
  EXPECT_EQ(sorted(box, {{SortKey::kSize, false}}), "2 3 1");
  EXPECT_EQ(sorted(box, {{SortKey::kArrival, true}, {SortKey::kSize, false}}), "3 1 2");
  EXPECT_EQ(box.account.infos_read, 0u);
}

TEST(Sort, ByHeader) {
  Mailbox box;
  box.add(text_of({"Zoe <b@x>", "c@x", "", "Re: Banana", "Mon, 1 Jan 2024 10:00:00 +0000"}));
  box.add(text_of({"Ann <C@x>", "a@x", "z@x", "[list] apple", "Mon, 1 Jan 2024 10:00:00 +0200"}));
  box.add(text_of({"a@x", "Bob <b@x>", "", "banana (fwd)", "Mon, 1 Jan 2024 10:00:00 -0800"}));
  box.add(text_of({"", "", "y@x", "", "no date"}), {.internal_date = 10});
  EXPECT_EQ(sorted(box, {{SortKey::kFrom, false}}), "4 3 1 2");
  EXPECT_EQ(sorted(box, {{SortKey::kTo, false}}), "4 2 3 1");
  EXPECT_EQ(sorted(box, {{SortKey::kCc, false}}), "1 3 4 2");
  EXPECT_EQ(sorted(box, {{SortKey::kSubject, false}}), "4 2 1 3");
  EXPECT_EQ(sorted(box, {{SortKey::kSubject, true}, {SortKey::kDate, true}}), "3 1 2 4");
  EXPECT_EQ(sorted(box, {{SortKey::kDate, false}}), "4 2 1 3");
  EXPECT_EQ(box.account.body_reads, 0u);
}

// RFC 5957 §3.
TEST(Sort, ByDisplayName) {
  Mailbox box;
  box.add(text_of({"=?utf-8?q?=C3=84nne?= <z@x>", "", "", "", ""}));
  box.add(text_of({"\"Bob\" <a@x>", "", "", "", ""}));
  box.add(text_of({"ab@x", "", "", "", ""}));
  box.add(text_of({"Friends: joe@x, ann@x;", "", "", "", ""}));
  box.add(text_of({"\"\" <aa@x>", "", "", "", ""}));
  box.add(text_of({"", "", "", "", ""}));
  // "" < AA@X < AB@X < A + U+0308... : a decomposed letter stays with its base letter.
  EXPECT_EQ(sorted(box, {{SortKey::kDisplayFrom, false}}), "6 5 3 1 2 4");
  EXPECT_EQ(sorted(box, {{SortKey::kDisplayTo, false}}), "1 2 3 4 5 6");
}

TEST(Sort, KeysAreBoundedAndNoTextRunsIntoTheNext) {
  Mailbox box;
  box.add(text_of({"a@x", "", "", "a", ""}));
  box.add(text_of({"aa@x", "", "", "a", ""}));
  box.add(text_of({"a@x", "", "", "=?utf-8?b?YQBi?=", ""}));  // a NUL in it
  box.add(text_of({"a@x", "", "", std::string(200'000, 'a'), ""}));
  EXPECT_EQ(sorted(box, {{SortKey::kSubject, false}, {SortKey::kFrom, true}}), "2 1 3 4");
  EXPECT_EQ(sorted(box, {{SortKey::kSubject, true}, {SortKey::kFrom, false}}), "4 3 1 2");
  for (const SortedMessage& message : *run_sort(box, {{SortKey::kSubject, false}}))
    EXPECT_LE(message.key.size(), 2 * kMaxCollated + 2);
  EXPECT_LE(collation_key(std::string(5000, '\xC3') + "x").size(), kMaxCollated);
}

TEST(Sort, UnreadableMessagesSortAsEmpty) {
  Mailbox box;
  box.add(text_of({"", "", "", "b", ""}), {.internal_date = 9});
  const EmailId bad = box.add(text_of({"", "", "", "a", ""}), {.internal_date = 5});
  box.account.spoil_info(bad, Errc::kCorrupt);
  EXPECT_EQ(sorted(box, {{SortKey::kSubject, false}}), "2 1");
  EXPECT_EQ(sorted(box, {{SortKey::kDate, false}}), "2 1");
  box.account.spoil_info(bad, Errc::kUnavailable);
  EXPECT_EQ(run_sort(box, {{SortKey::kSubject, false}}).error().code, Errc::kUnavailable);
}

TEST(Sort, StopsWhenNobodyWaits) {
  Mailbox box;
  for (int i = 0; i < 200; ++i) box.add("Subject: x\r\n\r\n");
  int asked = 0;
  const auto result = run_sort(box, {{SortKey::kSubject, false}}, [&] { return ++asked == 2; });
  EXPECT_EQ(result.error().code, Errc::kUnavailable);
  EXPECT_EQ(box.account.infos_read, 64u);
  EXPECT_TRUE(run_sort(box, {{SortKey::kSubject, false}}, [] { return false; }).has_value());
}

TEST(PacedSort, SortsLikeStdSort) {
  std::mt19937 random(7);
  for (const std::size_t size : {0U, 1U, 2U, 1023U, 1024U, 1025U, 2048U, 5000U, 20'000U}) {
    std::vector<std::uint32_t> items(size);
    for (auto& item : items) item = static_cast<std::uint32_t>(random() % (size / 2 + 1));
    std::vector<std::uint32_t> expected = items;
    std::sort(expected.begin(), expected.end());
    ManualExecutor executor;
    run_blocking(executor, [](std::vector<std::uint32_t>& list) -> task<bool> {
      Pace pace(UINT64_MAX);
      co_await paced_sort(list, std::less<>(), pace);
      co_return true;
    }(items));
    EXPECT_EQ(items, expected) << size;
  }
}

TEST(PacedSort, YieldsAndGrowsSlowly) {
  const auto cost = [](std::size_t size) {
    std::vector<std::uint64_t> items(size);
    for (std::size_t i = 0; i < size; ++i) items[i] = i * 0x9E3779B97F4A7C15;
    ManualExecutor executor;
    std::size_t turns = 0;
    bool done = false;
    timespec before{}, after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    spawn(
        executor,
        [](std::vector<std::uint64_t>& list) -> task<void> {
          Pace pace(UINT64_MAX);
          co_await paced_sort(list, std::less<>(), pace);
        }(items),
        [&](std::exception_ptr) { done = true; });
    while (!done) turns += executor.run_ready();
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    EXPECT_TRUE(std::is_sorted(items.begin(), items.end()));
    EXPECT_GT(turns, size / 10'000);
    return static_cast<double>(after.tv_sec - before.tv_sec) +
           static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9;
  };
  EXPECT_LT(cost(200'000), 0.05 + cost(50'000) * 4 * 2.5);
}

}  // namespace
}  // namespace postern::search
