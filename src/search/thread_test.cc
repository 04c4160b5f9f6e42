#include "search/thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <random>
#include <set>

#include "base/ascii.h"
#include "search/sort.h"
#include "search/test_account.h"

namespace postern::search {
namespace {

using imap::ThreadAlgorithm;

ThreadTokens run_thread(const std::vector<ThreadMessage>& messages, ThreadAlgorithm algorithm) {
  Threader threader(algorithm);
  for (const ThreadMessage& message : messages) threader.add(message);
  ManualExecutor executor;
  Pace pace(UINT64_MAX);
  return run_blocking(executor, threader.finish(pace));
}

// The wire form, messages numbered from 1.
std::string wire(const ThreadTokens& tokens) {
  std::string out;
  for (const std::uint32_t token : tokens) {
    if (token == thread_token::kClose) {
      out += ')';
      continue;
    }
    if (!out.empty() && ascii_digit(out.back())) out += ' ';
    out += token == thread_token::kOpen ? "(" : std::to_string(token + 1);
  }
  return out;
}

std::string threaded(const std::vector<ThreadMessage>& messages,
                     ThreadAlgorithm algorithm = ThreadAlgorithm::kReferences) {
  return wire(run_thread(messages, algorithm));
}

// A message sent at `sent`.
ThreadMessage mail(std::string id, std::vector<std::string> references, std::int64_t sent,
                   std::string subject = {}, bool reply = false) {
  return {.id = std::move(id),
          .references = std::move(references),
          .subject = std::move(subject),
          .reply_or_forward = reply,
          .sent = sent,
          .arrival = sent};
}

TEST(ThreadOrderedSubject, GroupsAndSorts) {
  const auto by_subject = [](const std::vector<ThreadMessage>& list) {
    return threaded(list, ThreadAlgorithm::kOrderedSubject);
  };
  EXPECT_EQ(by_subject({}), "");
  EXPECT_EQ(by_subject({mail("", {}, 1, "B"), mail("", {}, 2, "A"), mail("", {}, 3, "C")}),
            "(1)(2)(3)");
  EXPECT_EQ(by_subject({mail("", {}, 5, "A"), mail("", {}, 2, "B"), mail("", {}, 3, "A"),
                        mail("", {}, 4, "A")}),
            "(2)(3 (4)(1))");
  EXPECT_EQ(by_subject({mail("", {}, 1, "A"), mail("", {}, 1, "B"), mail("", {}, 1, "A")}),
            "(1 3)(2)");
}

TEST(ThreadReferences, ParentsAndSiblings) {
  EXPECT_EQ(threaded({}), "");
  EXPECT_EQ(threaded({mail("a", {}, 1), mail("b", {"a"}, 2), mail("c", {"a", "b"}, 3)}), "(1 2 3)");
  EXPECT_EQ(threaded({mail("a", {}, 1), mail("c", {"a"}, 3), mail("b", {"a"}, 2)}), "(1 (3)(2))");
  // The replies come first.
  EXPECT_EQ(threaded({mail("c", {"a", "b"}, 3), mail("b", {"a"}, 2), mail("a", {}, 1)}), "(3 2 1)");
  // Siblings of a parent that is not there (RFC 5256 §4).
  EXPECT_EQ(threaded({mail("a", {"x"}, 1), mail("b", {"x"}, 2)}), "((1)(2))");
  // A missing one between is left out, a lone child takes its place.
  EXPECT_EQ(threaded({mail("a", {}, 1), mail("c", {"a", "x"}, 2), mail("d", {"a", "x"}, 3)}),
            "(1 (2)(3))");
  EXPECT_EQ(threaded({mail("c", {"x", "y"}, 2)}), "(1)");
  EXPECT_EQ(threaded({mail("c", {"x", "y"}, 2), mail("d", {"x", "z"}, 1)}), "((2)(1))");
  // Roots by date; a dummy by its first child.
  EXPECT_EQ(threaded({mail("a", {}, 5), mail("b", {"x"}, 9), mail("c", {"x"}, 4)}), "((3)(2))(1)");
}

TEST(ThreadReferences, DuplicatesLoopsAndChangedMinds) {
  // Of one ID the first message has it.
  EXPECT_EQ(threaded({mail("a", {}, 1), mail("a", {}, 2), mail("b", {"a"}, 3)}), "(1 3)(2)");
  EXPECT_EQ(threaded({mail("", {}, 2), mail("", {}, 1)}), "(2)(1)");
  EXPECT_EQ(threaded({mail("a", {"a"}, 1)}), "(1)");
  EXPECT_EQ(threaded({mail("a", {"b"}, 1), mail("b", {"a"}, 2)}), "(2 1)");
  EXPECT_EQ(threaded({mail("a", {"b", "c"}, 1), mail("b", {"c", "a"}, 2), mail("c", {}, 3)}),
            "(2)(3 1)");
  // What b says of itself outranks what c says of b.
  EXPECT_EQ(
      threaded({mail("c", {"x", "b"}, 3), mail("x", {}, 1), mail("b", {"a"}, 2), mail("a", {}, 0)}),
      "(4 3 1)(2)");
  // No references: no parent, whatever others said.
  EXPECT_EQ(threaded({mail("c", {"x", "b"}, 3), mail("b", {}, 2), mail("x", {}, 1)}), "(3)(2 1)");
}

TEST(ThreadReferences, Subjects) {
  // A reply joins the thread of its subject.
  EXPECT_EQ(threaded({mail("a", {}, 1, "S"), mail("b", {}, 2, "S", true)}), "(1 2)");
  EXPECT_EQ(threaded({mail("b", {}, 1, "S", true), mail("a", {}, 2, "S")}), "(2 1)");
  // Two that are no replies, or two replies, become siblings.
  EXPECT_EQ(threaded({mail("a", {}, 1, "S"), mail("b", {}, 2, "S")}), "((1)(2))");
  EXPECT_EQ(threaded({mail("a", {}, 1, "S", true), mail("b", {}, 2, "S", true)}), "((1)(2))");
  EXPECT_EQ(threaded({mail("a", {}, 1, "S"), mail("b", {}, 2, "S"), mail("c", {}, 3, "S")}),
            "((1)(2)(3))");
  // Empty subjects do not join.
  EXPECT_EQ(threaded({mail("a", {}, 1), mail("b", {}, 2)}), "(1)(2)");
  // A dummy in the table takes in messages and dummies.
  EXPECT_EQ(threaded({mail("a", {"x"}, 1, "S"), mail("b", {"x"}, 2, "S"), mail("c", {}, 3, "S")}),
            "((1)(2)(3))");
  EXPECT_EQ(threaded({mail("c", {}, 0, "S"), mail("a", {"x"}, 1, "S"), mail("b", {"x"}, 2, "S")}),
            "((1)(2)(3))");
  EXPECT_EQ(threaded({mail("a", {"x"}, 1, "S"), mail("b", {"x"}, 3, "S"), mail("c", {"y"}, 2, "S"),
                      mail("d", {"y"}, 4, "S")}),
            "((1)(3)(2)(4))");
  // REFS does not look at subjects.
  EXPECT_EQ(threaded({mail("a", {}, 1, "S"), mail("b", {}, 2, "S", true)}, ThreadAlgorithm::kRefs),
            "(1)(2)");
}

TEST(ThreadRefs, ByNewestArrival) {
  std::vector<ThreadMessage> list = {mail("a", {}, 1), mail("b", {}, 2), mail("c", {"a"}, 9)};
  EXPECT_EQ(threaded(list, ThreadAlgorithm::kRefs), "(2)(1 3)");
  EXPECT_EQ(threaded(list), "(1 3)(2)");
  list[2].arrival = 1;
  EXPECT_EQ(threaded(list, ThreadAlgorithm::kRefs), "(1 3)(2)");
  // Below a root, siblings are sorted by their sent date.
  EXPECT_EQ(threaded({mail("b", {"x"}, 2), mail("a", {"x"}, 1), mail("c", {}, 3)},
                     ThreadAlgorithm::kRefs),
            "((2)(1))(3)");
}

// ---- a slow oracle: the text of RFC 5256 §3, word for word, with walks up the tree
// --------------

struct Slow {
  int message = -1;
  Slow* parent = nullptr;
  std::vector<Slow*> children;
};

class SlowThreader {
 public:
  explicit SlowThreader(const std::vector<ThreadMessage>& messages) : messages_(messages) {}

  std::string run(ThreadAlgorithm algorithm) {
    for (std::size_t i = 0; i < messages_.size(); ++i) step1(static_cast<int>(i));
    Slow root;
    std::vector<Slow*> all;
    for (auto& node : nodes_) all.push_back(node.get());
    for (Slow* node : all)
      (node->parent == nullptr ? &root : node->parent)->children.push_back(node);
    for (Slow* child : root.children) child->parent = &root;
    prune(root, root);
    const auto by_date = [&](Slow* a, Slow* b) { return place(a) < place(b); };
    for (Slow* child : root.children) {
      if (child->message < 0) std::sort(child->children.begin(), child->children.end(), by_date);
    }
    std::sort(root.children.begin(), root.children.end(), by_date);
    if (algorithm == ThreadAlgorithm::kReferences) step5(root);
    sort_all(root, by_date);
    if (algorithm == ThreadAlgorithm::kRefs) {
      std::sort(root.children.begin(), root.children.end(), [&](Slow* a, Slow* b) {
        return std::pair(newest(a), place(a).second) < std::pair(newest(b), place(b).second);
      });
    }
    std::string out;
    for (Slow* child : root.children) out += "(" + text(child) + ")";
    return out;
  }

 private:
  Slow* make() {
    nodes_.push_back(std::make_unique<Slow>());
    return nodes_.back().get();
  }
  Slow* of(const std::string& id) {
    Slow*& node = ids_[id];
    if (node == nullptr) node = make();
    return node;
  }
  static bool is_above(const Slow* a, const Slow* b) {
    for (; b != nullptr; b = b->parent) {
      if (a == b) return true;
    }
    return false;
  }
  void step1(int i) {
    const ThreadMessage& m = messages_[static_cast<std::size_t>(i)];
    Slow* node = m.id.empty() ? make() : of(m.id);
    if (node->message >= 0) node = make();
    node->message = i;
    Slow* last = nullptr;
    for (const std::string& id : m.references) {
      Slow* reference = of(id);
      if (last != nullptr && reference->parent == nullptr && !is_above(reference, last))
        reference->parent = last;
      last = reference;
    }
    node->parent = nullptr;
    if (last != nullptr && !is_above(node, last)) node->parent = last;
  }
  void prune(Slow& node, Slow& root) {
    std::vector<Slow*> kept;
    for (Slow* child : node.children) {
      prune(*child, root);
      const bool promote = child->message < 0 && !child->children.empty() &&
                           (&node != &root || child->children.size() == 1);
      if (child->message >= 0 || (!child->children.empty() && !promote)) kept.push_back(child);
      if (promote) kept.insert(kept.end(), child->children.begin(), child->children.end());
    }
    node.children = kept;
  }
  const ThreadMessage& head(Slow* node) const {
    if (node->message < 0) node = node->children.front();
    return messages_[static_cast<std::size_t>(node->message)];
  }
  std::pair<std::int64_t, int> place(Slow* node) const {
    if (node->message < 0) node = node->children.front();
    return {messages_[static_cast<std::size_t>(node->message)].sent, node->message};
  }
  std::int64_t newest(Slow* node) const {
    std::int64_t result = INT64_MIN;
    if (node->message >= 0) result = messages_[static_cast<std::size_t>(node->message)].arrival;
    for (Slow* child : node->children) result = std::max(result, newest(child));
    return result;
  }
  template <class Less>
  void sort_all(Slow& node, Less less) {
    for (Slow* child : node.children) sort_all(*child, less);
    std::sort(node.children.begin(), node.children.end(), less);
  }
  void step5(Slow& root) {
    std::map<std::string, Slow*> table;
    for (Slow* node : root.children) {
      const std::string& subject = head(node).subject;
      if (subject.empty()) continue;
      Slow*& entry = table[subject];
      if (entry == nullptr ||
          (entry->message >= 0 &&
           (node->message < 0 || (head(entry).reply_or_forward && !head(node).reply_or_forward)))) {
        entry = node;
      }
    }
    std::vector<Slow*> gone, added;
    for (Slow* node : std::vector<Slow*>(root.children)) {
      const std::string subject = head(node).subject;
      if (subject.empty() || table[subject] == node) continue;
      if (std::find(gone.begin(), gone.end(), node) != gone.end()) continue;
      Slow*& entry = table[subject];
      gone.push_back(node);
      if (node->message < 0 && entry->message < 0) {
        entry->children.insert(entry->children.end(), node->children.begin(), node->children.end());
      } else if (entry->message < 0 ||
                 (head(node).reply_or_forward && !head(entry).reply_or_forward)) {
        entry->children.push_back(node);
      } else {
        Slow* dummy = make();
        dummy->children = {entry, node};
        gone.push_back(entry);
        added.push_back(dummy);
        entry = dummy;
      }
    }
    std::erase_if(root.children,
                  [&](Slow* n) { return std::find(gone.begin(), gone.end(), n) != gone.end(); });
    root.children.insert(root.children.end(), added.begin(), added.end());
  }
  std::string text(Slow* node) const {
    std::string out = node->message < 0 ? "" : std::to_string(node->message + 1);
    if (node->children.size() == 1) return out + " " + text(node->children.front());
    if (node->children.empty()) return out;
    if (!out.empty()) out += ' ';
    for (Slow* child : node->children) out += "(" + text(child) + ")";
    return out;
  }

  const std::vector<ThreadMessage>& messages_;
  std::vector<std::unique_ptr<Slow>> nodes_;
  std::map<std::string, Slow*> ids_;
};

TEST(ThreadModel, AgreesWithTheSlowOne) {
  for (unsigned seed = 0; seed < 6000; ++seed) {
    std::mt19937 random(seed);
    const auto upto = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const unsigned ids = 1 + upto(12);
    std::vector<ThreadMessage> list(upto(14));
    for (ThreadMessage& message : list) {
      if (upto(8) != 0) message.id = std::string(1, static_cast<char>('a' + upto(ids)));
      for (unsigned n = upto(5); n > 0; --n)
        message.references.push_back(std::string(1, static_cast<char>('a' + upto(ids))));
      if (upto(3) != 0) message.subject = std::string(1, static_cast<char>('A' + upto(4)));
      message.reply_or_forward = upto(2) == 0;
      message.sent = upto(6);
      message.arrival = upto(6);
    }
    for (const auto algorithm : {ThreadAlgorithm::kReferences, ThreadAlgorithm::kRefs})
      ASSERT_EQ(threaded(list, algorithm), SlowThreader(list).run(algorithm)) << "seed " << seed;
  }
}

// B11: every shape costs what sorting costs. Doubling the input three times may not cost much more
// than eight times as much.
struct Shape {
  const char* name;
  ThreadMessage (*make)(std::size_t i, std::size_t n);
};
std::string number(std::size_t i) {
  return std::to_string(i) + "@x";
}
const Shape kShapes[] = {
    {"chain",
     [](std::size_t i, std::size_t) {
       return mail(number(i), i == 0 ? std::vector<std::string>() : std::vector{number(i - 1)},
                   static_cast<std::int64_t>(i));
     }},
    {"chain backwards",
     [](std::size_t i, std::size_t n) {
       return mail(number(n - i), {number(n - i - 1)}, static_cast<std::int64_t>(i));
     }},
    {"chain in pieces, then joined",
     [](std::size_t i, std::size_t n) {
       const std::size_t at = (i * 7919) % n;
       return mail(number(at), {number(at + 1)}, 0);
     }},
    {"whole ancestry",
     [](std::size_t i, std::size_t) {
       std::vector<std::string> refs;
       for (std::size_t k = i > 16 ? i - 16 : 0; k < i; ++k) refs.push_back(number(k));
       return mail(number(i), refs, 0);
     }},
    {"loops",
     [](std::size_t i, std::size_t n) {
       return mail(number(i), {number((i + 1) % n), number((i + n / 2) % n)}, 0);
     }},
    {"one id", [](std::size_t, std::size_t) { return mail("a@x", {"b@x", "a@x"}, 0); }},
    {"one parent", [](std::size_t i, std::size_t) { return mail(number(i), {"p@x"}, 0); }},
    {"one subject",
     [](std::size_t i, std::size_t) { return mail(number(i), {}, 0, "S", i % 2 == 0); }},
    {"hung from the bottom",
     [](std::size_t i, std::size_t) {
       return mail("", {number(i + 1), number(i)}, static_cast<std::int64_t>(i));
     }},
};

TEST(ThreadCost, GrowsNoFasterThanSorting) {
  const auto cost = [](const Shape& shape, std::size_t n) {
    std::vector<ThreadMessage> list;
    for (std::size_t i = 0; i < n; ++i) list.push_back(shape.make(i, n));
    timespec before{}, after{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    const ThreadTokens tokens = run_thread(list, ThreadAlgorithm::kReferences);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    const auto parenthesis = [](std::uint32_t t) { return t >= thread_token::kClose; };
    EXPECT_EQ(tokens.size() - static_cast<std::size_t>(
                                  std::count_if(tokens.begin(), tokens.end(), parenthesis)),
              n);
    return static_cast<double>(after.tv_sec - before.tv_sec) +
           static_cast<double>(after.tv_nsec - before.tv_nsec) * 1e-9;
  };
  for (const Shape& shape : kShapes) {
    double small = cost(shape, 4'000);
    small = std::min(small, cost(shape, 4'000));
    EXPECT_LT(cost(shape, 32'000), 0.1 + small * 8 * 3) << shape.name;
  }
}

TEST(ThreadCost, AChainOf100000Replies) {
  std::vector<ThreadMessage> list;
  for (std::size_t i = 0; i < 100'000; ++i) list.push_back(kShapes[0].make(i, 100'000));
  for (const auto algorithm : {ThreadAlgorithm::kReferences, ThreadAlgorithm::kRefs}) {
    const ThreadTokens tokens = run_thread(list, algorithm);
    ASSERT_EQ(tokens.size(), 100'002u);  // one list, not nested
    EXPECT_EQ(tokens[50'001], 50'000u);
  }
  std::reverse(list.begin(), list.end());
  EXPECT_EQ(run_thread(list, ThreadAlgorithm::kReferences).size(), 100'002u);
}

TEST(ThreadMail, FromStoredRecords) {
  test::Mailbox box;
  const auto mail_text = [](const std::string& headers) { return headers + "\r\nbody\r\n"; };
  box.add(mail_text(
      "Subject: Lunch\r\nMessage-ID: <\"a\"@x>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"));
  box.add(
      mail_text("Subject: Re: Lunch\r\nMessage-ID: <b@x>\r\nIn-Reply-To: <a@x> from joe@x\r\n"
                "Date: Mon, 1 Jan 2024 11:00:00 +0000\r\n"));
  box.add(
      mail_text("Subject: other\r\nMessage-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\n"
                "In-Reply-To: <z@x>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0000\r\n"));
  box.add(
      mail_text("Subject: lunch\r\nReferences: none\r\nDate: Mon, 1 Jan 2024 13:00:00 +0000\r\n"));
  const EmailId bad = box.add(mail_text("Subject: x\r\n"), {.internal_date = 5});
  box.account.spoil_info(bad, Errc::kCorrupt);
  const auto view = box.version();
  const auto ask = [&](ThreadAlgorithm algorithm) {
    ManualExecutor executor;
    const auto result =
        run_blocking(executor, thread(box.account, view, view->all_uids(), algorithm, Stop()));
    EXPECT_EQ(result->uids.size(), 5u);
    EXPECT_EQ(result->uids[1], Uid(20));
    return wire(result->tokens);
  };
  EXPECT_EQ(ask(ThreadAlgorithm::kReferences), "(5)((1 2 3)(4))");
  EXPECT_EQ(ask(ThreadAlgorithm::kOrderedSubject), "(5)(1 (2)(4))(3)");
  EXPECT_EQ(ask(ThreadAlgorithm::kRefs), "(1 2 3)(4)(5)");
  EXPECT_EQ(box.account.body_reads, 0u);
}

}  // namespace
}  // namespace postern::search
