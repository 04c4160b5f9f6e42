#include "search/thread.h"

#include <algorithm>
#include <utility>

#include "search/paced_sort.h"

namespace postern::search {
namespace {

constexpr std::uint64_t kStep = 100;  // what visiting a node costs, in the pace's measure

}  // namespace

std::uint32_t Threader::add_node() {
  nodes_.emplace_back();
  return forest_.add();
}

std::uint32_t Threader::node_of(const std::string& id) {
  const auto [at, added] = ids_.try_emplace(id, 0);
  if (added) at->second = add_node();
  return at->second;
}

std::uint32_t Threader::subject_number(const std::string& subject) {
  if (subject.empty()) return 0;
  const auto next = static_cast<std::uint32_t>(subjects_.size() + 1);
  return subjects_.try_emplace(subject, next).first->second;
}

// RFC 5256 §3 REFERENCES (1): an existing link stays, and no link closes a loop.
void Threader::link(std::uint32_t child, std::uint32_t parent) {
  if (nodes_[child].parent != kNone || forest_.root(parent) == child) return;
  nodes_[child].parent = parent;
  forest_.link(child, parent);
}

void Threader::add(const ThreadMessage& message) {
  const auto number = static_cast<std::uint32_t>(messages_.size());
  messages_.push_back(
      {message.sent, message.arrival, subject_number(message.subject), message.reply_or_forward});
  if (algorithm_ == imap::ThreadAlgorithm::kOrderedSubject) return;

  // (1)(A): the first message with an ID has it; later ones with the same get one of their own.
  std::uint32_t node = message.id.empty() ? add_node() : node_of(message.id);
  if (!nodes_[node].dummy()) node = add_node();
  nodes_[node].message = number;

  std::uint32_t last = kNone;
  for (const std::string& id : message.references) {
    const std::uint32_t reference = node_of(id);
    if (last != kNone) link(reference, last);
    last = reference;
  }
  // (1)(B): what others said of this message's parent gives way to what it says itself.
  if (nodes_[node].parent != kNone) {
    nodes_[node].parent = kNone;
    forest_.cut(node);
  }
  if (last != kNone) link(node, last);
}

task<ThreadTokens> Threader::finish(Pace& pace) {
  co_return co_await (algorithm_ == imap::ThreadAlgorithm::kOrderedSubject ? by_subject(pace)
                                                                           : by_references(pace));
}

// ---- ORDEREDSUBJECT -----------------------------------------------------------------------------

task<ThreadTokens> Threader::by_subject(Pace& pace) {
  std::vector<std::uint32_t> order(messages_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto by_subject_then_date = [this](std::uint32_t a, std::uint32_t b) {
    const Message& left = messages_[a];
    const Message& right = messages_[b];
    if (left.subject != right.subject) return left.subject < right.subject;
    return left.sent != right.sent ? left.sent < right.sent : a < b;
  };
  co_await paced_sort(order, by_subject_then_date, pace);

  // Subjects are only split by, never shown in order, so their numbers serve for the text.
  std::vector<Place> threads;  // `node`: where in `order` the thread begins
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const Message& message = messages_[order[i]];
    if (i == 0 || message.subject != messages_[order[i - 1]].subject)
      threads.push_back({message.sent, order[i], i});
    if (pace.charge(kStep)) co_await Yield{};
  }
  co_await paced_sort(threads, std::less<>(), pace);

  ThreadTokens tokens;
  for (const Place& thread : threads) {
    const std::uint32_t subject = messages_[order[thread.node]].subject;
    std::size_t end = thread.node;
    while (end < order.size() && messages_[order[end]].subject == subject) ++end;
    tokens.push_back(thread_token::kOpen);
    tokens.push_back(order[thread.node]);
    const bool nested = end - thread.node > 2;
    for (std::size_t i = thread.node + 1; i < end; ++i) {
      if (nested) tokens.push_back(thread_token::kOpen);
      tokens.push_back(order[i]);
      if (nested) tokens.push_back(thread_token::kClose);
      if (pace.charge(kStep)) co_await Yield{};
    }
    tokens.push_back(thread_token::kClose);
  }
  co_return tokens;
}

// ---- REFERENCES and REFS ------------------------------------------------------------------------

void Threader::append_child(std::uint32_t parent, std::uint32_t child) {
  nodes_[child].next = kNone;
  Node& above = nodes_[parent];
  if (above.last_child == kNone) {
    above.first_child = child;
  } else {
    nodes_[above.last_child].next = child;
  }
  above.last_child = child;
}

// The message that a root is known by: its own, or a dummy's first child.
std::uint32_t Threader::head_number(std::uint32_t root) const {
  return nodes_[root].dummy() ? nodes_[nodes_[root].first_child].message : nodes_[root].message;
}
const Threader::Message& Threader::head_of(std::uint32_t root) const {
  return messages_[head_number(root)];
}

task<ThreadTokens> Threader::by_references(Pace& pace) {
  ids_.clear();
  co_await prune(pace);
  // (4) The children of dummies before the roots, because a dummy is sorted by its first child.
  for (const std::uint32_t root : roots_) {
    if (nodes_[root].dummy()) co_await sort_children(root, pace);
  }
  co_await sort_roots(pace);
  if (algorithm_ == imap::ThreadAlgorithm::kReferences) co_await gather_subjects(pace);
  // (6) Only a dummy's place depends on its children, and dummies are roots: any order of sets
  // does.
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].first_child != nodes_[node].last_child) co_await sort_children(node, pace);
    if (pace.charge(kStep)) co_await Yield{};
  }
  co_await sort_roots(pace);
  co_return co_await flatten(pace);
}

// (2) and (3): finds the roots and leaves out dummies, but for those that hold threads together.
task<void> Threader::prune(Pace& pace) {
  std::vector<std::uint32_t> order;  // parents before children
  order.reserve(nodes_.size());
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    if (nodes_[node].parent == kNone) {
      order.push_back(node);
    } else {
      append_child(nodes_[node].parent, node);
    }
    if (pace.charge(kStep)) co_await Yield{};
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    Node& node = nodes_[order[i]];
    for (std::uint32_t child = node.first_child; child != kNone; child = nodes_[child].next)
      order.push_back(child);
    node.first_child = node.last_child = kNone;
    if (pace.charge(kStep)) co_await Yield{};
  }
  // From the leaves up: when its turn comes, a node's children are what will stay of them.
  for (std::size_t i = order.size(); i-- > 0;) {
    const std::uint32_t number = order[i];
    Node& node = nodes_[number];
    const std::uint32_t parent = node.parent;
    if (!node.dummy()) node.newest = std::max(node.newest, messages_[node.message].arrival);
    if (parent != kNone) nodes_[parent].newest = std::max(nodes_[parent].newest, node.newest);
    const bool one = node.first_child != kNone && node.first_child == node.last_child;
    if (!node.dummy()) {
      parent == kNone ? roots_.push_back(number) : append_child(parent, number);
    } else if (node.first_child != kNone && parent != kNone) {
      Node& above = nodes_[parent];
      (above.last_child == kNone ? above.first_child : nodes_[above.last_child].next) =
          node.first_child;
      above.last_child = node.last_child;
      node.first_child = node.last_child = kNone;
    } else if (node.first_child != kNone) {
      // Not to the root, unless it is one child alone.
      roots_.push_back(one ? node.first_child : number);
      if (one) node.first_child = node.last_child = kNone;
    }
    if (pace.charge(kStep)) co_await Yield{};
  }
}

task<void> Threader::sort_children(std::uint32_t parent, Pace& pace) {
  std::vector<Place> list;
  for (std::uint32_t child = nodes_[parent].first_child; child != kNone;
       child = nodes_[child].next) {
    list.push_back({messages_[nodes_[child].message].sent, nodes_[child].message, child});
  }
  co_await paced_sort(list, std::less<>(), pace);
  nodes_[parent].first_child = nodes_[parent].last_child = kNone;
  for (const Place& place : list) append_child(parent, place.node);
}

task<void> Threader::sort_roots(Pace& pace) {
  std::vector<Place> list;
  list.reserve(roots_.size());
  const bool newest = algorithm_ == imap::ThreadAlgorithm::kRefs;
  for (const std::uint32_t root : roots_)
    list.push_back({newest ? nodes_[root].newest : head_of(root).sent, head_number(root), root});
  co_await paced_sort(list, std::less<>(), pace);
  for (std::size_t i = 0; i < list.size(); ++i) roots_[i] = list[i].node;
}

// (5) Threads with one subject become one.
task<void> Threader::gather_subjects(Pace& pace) {
  std::vector<std::uint32_t> table(subjects_.size() + 1, kNone);  // by subject number
  for (const std::uint32_t root : roots_) {                       // (B)
    const Message& head = head_of(root);
    std::uint32_t& entry = table[head.subject];
    if (head.subject == 0) continue;
    if (entry == kNone) {
      entry = root;
    } else if (!nodes_[entry].dummy() &&
               (nodes_[root].dummy() ||
                (head_of(entry).reply_or_forward && !head.reply_or_forward))) {
      entry = root;
    }
    if (pace.charge(kStep)) co_await Yield{};
  }
  std::vector<std::uint32_t> before;
  before.swap(roots_);
  // (C). What is merged into another thread is marked by having a parent again.
  for (const std::uint32_t root : before) nodes_[root].parent = kNone;
  for (const std::uint32_t root : before) {
    const std::uint32_t subject = head_of(root).subject;
    if (subject != 0 && table[subject] != root) merge(root, table[subject]);
    if (pace.charge(kStep)) co_await Yield{};
  }
  for (const std::uint32_t root : before) {
    if (nodes_[root].parent == kNone) roots_.push_back(root);
  }
}

void Threader::merge(std::uint32_t current, std::uint32_t& tabled) {
  // A thread that a new dummy took in is not merged again.
  if (nodes_[current].parent != kNone) return;
  const bool from_dummy = nodes_[current].dummy();
  const bool to_dummy = nodes_[tabled].dummy();
  if (from_dummy && to_dummy) {
    for (std::uint32_t child = std::exchange(nodes_[current].first_child, kNone); child != kNone;) {
      const std::uint32_t next = nodes_[child].next;
      append_child(tabled, child);
      child = next;
    }
    nodes_[current].last_child = kNone;
    nodes_[current].parent = tabled;
    return;
  }
  const bool reply = head_of(current).reply_or_forward && !head_of(tabled).reply_or_forward;
  if (!to_dummy && !reply) {
    const std::uint32_t dummy = add_node();
    append_child(dummy, tabled);
    nodes_[tabled].parent = dummy;
    tabled = dummy;
    roots_.push_back(dummy);
  }
  append_child(tabled, current);
  nodes_[current].parent = tabled;
}

// ---- the answer ---------------------------------------------------------------------------------

task<ThreadTokens> Threader::flatten(Pace& pace) const {
  ThreadTokens tokens;
  tokens.reserve(messages_.size() + 2 * roots_.size());
  std::vector<std::uint32_t> siblings;  // of each open parenthesis below the root: what comes next
  for (const std::uint32_t root : roots_) {
    tokens.push_back(thread_token::kOpen);
    for (std::uint32_t node = root; node != kNone;) {
      const Node& at = nodes_[node];
      if (!at.dummy()) tokens.push_back(at.message);
      if (pace.charge(kStep)) co_await Yield{};
      const std::uint32_t child = at.first_child;
      if (child != kNone) {
        // RFC 5256 §5: a single child follows its parent; several are lists of their own.
        if (child != at.last_child) {
          tokens.push_back(thread_token::kOpen);
          siblings.push_back(nodes_[child].next);
        }
        node = child;
        continue;
      }
      node = kNone;
      tokens.push_back(thread_token::kClose);
      while (node == kNone && !siblings.empty()) {
        node = siblings.back();
        if (node == kNone) {
          siblings.pop_back();
          tokens.push_back(thread_token::kClose);
        } else {
          siblings.back() = nodes_[node].next;
          tokens.push_back(thread_token::kOpen);
        }
      }
    }
  }
  co_return tokens;
}

}  // namespace postern::search
