// Random programs against a naive evaluator, hostile messages, and the real store.
#include <gtest/gtest.h>
#include <time.h>

#include <functional>
#include <random>

#include "base/ascii.h"
#include "crypto/crypto.h"
#include "engine/memory/memory_engine.h"
#include "mailstore/mailstore.h"
#include "search/test_account.h"

namespace postern::search {
namespace {

using imap::SearchNode;
using imap::SearchOp;
using test::Mailbox;
using test::program_of;
using test::run_search;

const std::vector<std::string> kWords = {"ash", "birch", "cedar", "elm", "fir", "oak"};

struct Model {
  std::string subject, tag, body;
  std::uint8_t flags = 0;
};

// A random program in postfix, and what it means, side by side.
class RandomProgram {
 public:
  explicit RandomProgram(std::mt19937& random) : random_(random) {}

  imap::SearchProgram make() {
    imap::SearchProgram program;
    std::size_t waiting = 0;
    const std::size_t wanted = 1 + random_() % 14;
    while (program.nodes.size() < wanted || waiting > 1) {
      const std::size_t most = program.nodes.size() < wanted ? 3 : waiting;
      if (waiting > 1 && (program.nodes.size() >= wanted || random_() % 2 == 0)) {
        const auto count =
            static_cast<std::uint32_t>(std::min<std::size_t>(waiting, 2 + random_() % most));
        program.nodes.push_back(
            {.op = random_() % 2 == 0 ? SearchOp::kAnd : SearchOp::kOr, .count = count});
        waiting -= count - 1;
      } else if (waiting > 0 && random_() % 5 == 0) {
        program.nodes.push_back({.op = SearchOp::kNot, .count = 1});
      } else {
        program.nodes.push_back(leaf());
        ++waiting;
      }
    }
    return program;
  }

  static bool holds(const imap::SearchProgram& program, const Model& message) {
    std::vector<bool> stack;
    for (const SearchNode& node : program.nodes) {
      if (node.op == SearchOp::kNot) {
        stack.back() = !stack.back();
      } else if (node.op == SearchOp::kAnd || node.op == SearchOp::kOr) {
        bool value = node.op == SearchOp::kAnd;
        for (std::uint32_t i = 0; i < node.count; ++i) {
          value = node.op == SearchOp::kAnd ? value && stack.back() : value || stack.back();
          stack.pop_back();
        }
        stack.push_back(value);
      } else {
        stack.push_back(holds(node, message));
      }
    }
    return stack.back();
  }

 private:
  SearchNode leaf() {
    const std::string& word = kWords[random_() % kWords.size()];
    switch (random_() % 6) {
      case 0:
        return {.op = SearchOp::kSeen};
      case 1:
        return {.op = SearchOp::kFlagged};
      case 2:
        return {.op = SearchOp::kSubject, .text = word};
      case 3:
        return {.op = SearchOp::kHeader, .name = "X-Tag", .text = to_upper(word)};
      case 4:
        return {.op = SearchOp::kBody, .text = word};
      default:
        return {.op = SearchOp::kText, .text = word};
    }
  }

  static bool holds(const SearchNode& leaf, const Model& message) {
    const auto has = [&](const std::string& text) {
      return text.find(to_lower(leaf.text)) != std::string::npos;
    };
    switch (leaf.op) {
      case SearchOp::kSeen:
        return (message.flags & mailstore::kSeen) != 0;
      case SearchOp::kFlagged:
        return (message.flags & mailstore::kFlagged) != 0;
      case SearchOp::kSubject:
        return has(message.subject);
      case SearchOp::kHeader:
        return has(message.tag);
      case SearchOp::kBody:
        return has(message.body);
      default:
        return has(message.subject) || has(message.tag) || has(message.body);
    }
  }

  std::mt19937& random_;
};

TEST(SearchModel, RandomProgramsAgreeWithTheNaiveEvaluator) {
  const unsigned seed = 20240501;
  std::mt19937 random(seed);
  const auto words = [&random] {
    std::string text;
    for (std::size_t i = random() % 4; i > 0; --i) text += kWords[random() % kWords.size()] + " ";
    return text;
  };
  Mailbox box;
  std::vector<Model> models;
  for (int i = 0; i < 70; ++i) {
    Model m{words(), words(), words(),
            static_cast<std::uint8_t>(random() % 2 * mailstore::kSeen +
                                      random() % 2 * mailstore::kFlagged)};
    box.add("Subject: " + m.subject + "\r\nX-Tag: " + m.tag + "\r\n\r\n" + m.body,
            {.flags = m.flags});
    models.push_back(std::move(m));
  }
  RandomProgram programs(random);
  for (int round = 0; round < 300; ++round) {
    const imap::SearchProgram program = programs.make();
    const auto hits = run_search(box.account, box.version(), program);
    ASSERT_TRUE(hits.has_value());
    for (std::uint32_t i = 0; i < models.size(); ++i) {
      ASSERT_EQ(hits->seqs.contains(SeqNum(i + 1)), RandomProgram::holds(program, models[i]))
          << "seed " << seed << ", round " << round << ", message " << i + 1;
    }
  }
}

std::string repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

struct Hostile {
  const char* name;
  std::size_t size;
  std::function<std::string(std::size_t)> make;
};
void PrintTo(const Hostile& h, std::ostream* out) {
  *out << h.name;
}

const Hostile kHostile[] = {
    {"ToLines", 100'000, [](std::size_t c) { return repeat("To: u@e\r\n", c) + "\r\n"; }},
    {"LongHeader", 8 << 20,
     [](std::size_t c) { return "Subject: " + std::string(c, 'x') + "\r\n\r\nbody"; }},
    {"EncodedWords", 50'000,
     [](std::size_t c) {
       return "Subject:" + repeat(" =?koi8-r?b?8A==?= =?big5?q?a?=", c / 2) + "\r\n\r\n";
     }},
    {"FlatParts", 50'000,
     [](std::size_t c) {
       return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--b\r\n\r\n\r\n", c);
     }},
    {"NestedMessages", 10'000,
     [](std::size_t c) { return repeat("Content-Type: message/rfc822\r\n\r\n", c); }},
    {"LongLine", 4 << 20, [](std::size_t c) { return "\r\n" + std::string(c, 'a'); }},
    {"NoAscii", 4 << 20,
     [](std::size_t c) {
       return "Content-Type: text/plain; charset=utf-8\r\n\r\n" + repeat("\xE3\x81\x93", c / 3);
     }},
    {"CombiningMarks", 1 << 20,
     [](std::size_t c) {
       return "Content-Type: text/plain; charset=utf-8\r\n\r\ne" + repeat("\xCC\x81", c / 2);
     }},
    {"SoftBreaks", 4 << 20,
     [](std::size_t c) {
       return "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=\r\n", c / 3);
     }},
};

class HostileSearch : public testing::TestWithParam<Hostile> {};

TEST_P(HostileSearch, CostGrowsNoFasterThanTheMessage) {
  constexpr std::size_t kRatio = 8;
  // Needles whose search would be quadratic with a naive comparison.
  imap::SearchProgram program;
  program.nodes = {{.op = SearchOp::kText, .text = std::string(2000, 'a') + "b"},
                   {.op = SearchOp::kBody, .text = "absent"},
                   {.op = SearchOp::kSubject, .text = std::string(500, 'x') + "y"},
                   {.op = SearchOp::kOr, .count = 3}};
  const auto cost = [&](std::size_t size) {
    Mailbox box;
    box.add(GetParam().make(size));
    double best = 1e9;
    for (int run = 0; run < 3; ++run) {
      timespec before{}, after{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
      EXPECT_EQ(run_search(box.account, box.version(), program)->uids.count(), 0u);
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
      best = std::min(best, static_cast<double>(after.tv_sec - before.tv_sec) +
                                static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9);
    }
    EXPECT_LE(box.account.largest_read, 65'536u);
    return best;
  };
  EXPECT_LT(cost(GetParam().size), 0.02 + cost(GetParam().size / kRatio) * kRatio * 2.5);
}
INSTANTIATE_TEST_SUITE_P(All, HostileSearch, testing::ValuesIn(kHostile),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(SearchStore, FindsWhatWasAppended) {
  ManualExecutor executor;
  const auto engine = engine::MemoryEngine::create(engine::MemoryEngine::Delivery::kInline);
  auto store = run_blocking(
      executor, mailstore::MailStore::open(*engine, crypto::Secret(std::string(32, 'k')),
                                           system_clock(), crypto::system_random(), {}));
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE(run_blocking(executor, (*store)->create_account(AccountId(1), 0)).has_value());
  const auto opened = run_blocking(executor, (*store)->open_account(AccountId(1)));
  ASSERT_TRUE(opened.has_value());
  mailstore::Account& account = **opened;
  const MailboxId inbox = account.folders()->find("INBOX")->id;
  const auto append = [](mailstore::Account& to, MailboxId mailbox, std::string text,
                         std::uint8_t flags) -> task<Result<void>> {
    POSTERN_CO_TRY(auto writer, to.begin_message(text.size()));
    POSTERN_CO_CHECK_OK(co_await writer->append(text));
    POSTERN_CO_TRY(auto staged, co_await writer->finish());
    std::vector<mailstore::NewMessage> list;
    list.push_back({.staged = std::move(staged),
                    .system_flags = flags,
                    .keywords = {"$Junk"},
                    .internal_date = 86400});
    POSTERN_CO_CHECK_OK(co_await to.append(mailbox, std::move(list)));
    co_return Result<void>();
  };
  ASSERT_TRUE(
      run_blocking(executor,
                   append(account, inbox,
                          "Subject: first\r\n\r\n" + std::string(200'000, 'x') + " needle\r\n", 0))
          .has_value());
  ASSERT_TRUE(run_blocking(executor, append(account, inbox, "Subject: second\r\n\r\nno\r\n",
                                            mailstore::kSeen))
                  .has_value());
  const auto view = run_blocking(executor, account.version(inbox));
  ASSERT_TRUE(view.has_value());
  const auto uids = [&](const std::string& keys) {
    return run_search(account, *view, program_of(keys))->uids.to_string();
  };
  EXPECT_EQ(uids("BODY needle"), "1");
  EXPECT_EQ(uids("SUBJECT second"), "2");
  EXPECT_EQ(uids("KEYWORD $junk ON 2-Jan-1970 UNSEEN"), "1");
  EXPECT_EQ(uids("NOT TEXT needle"), "2");
}

}  // namespace
}  // namespace postern::search
