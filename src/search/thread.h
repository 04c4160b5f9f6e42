// Threading (RFC 5256 §3 THREAD): ORDEREDSUBJECT, REFERENCES, and REFS of
// draft-ietf-morg-inthread, over plain values. O(n log n), iterative, gives way to others.
//
// REFS is REFERENCES without the gathering by subject, its threads sorted by the newest arrival in
// each: a thread that gets a message moves to the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "imap/search_options.h"
#include "search/link_cut.h"
#include "search/pace.h"

namespace postern::search {

struct ThreadMessage {
  std::string id;                       // normalized; "" when it has none
  std::vector<std::string> references;  // normalized, the parent last
  std::string subject;                  // collation key of the base subject
  bool reply_or_forward = false;
  std::int64_t sent = 0;     // RFC 5256 §2.2
  std::int64_t arrival = 0;  // INTERNALDATE
};

// The answer as thread-lists: kOpen and kClose are parentheses, everything else is the number of a
// message in the order of adding, from 0.
namespace thread_token {
inline constexpr std::uint32_t kOpen = UINT32_MAX;
inline constexpr std::uint32_t kClose = UINT32_MAX - 1;
}  // namespace thread_token
using ThreadTokens = std::vector<std::uint32_t>;

class Threader {
 public:
  explicit Threader(imap::ThreadAlgorithm algorithm) : algorithm_(algorithm) {}

  // In mailbox order. O(log n) for each reference.
  void add(const ThreadMessage& message);
  // Once, after all were added. `pace` outlives the await.
  task<ThreadTokens> finish(Pace& pace);

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  struct Message {
    std::int64_t sent = 0;
    std::int64_t arrival = 0;
    std::uint32_t subject = 0;  // index into subjects_; 0 is the empty one
    bool reply_or_forward = false;
  };
  // A message, or what stands for one that was referred to (a dummy).
  struct Node {
    std::uint32_t message = kNone;
    std::uint32_t parent = kNone;
    std::uint32_t first_child = kNone, last_child = kNone, next = kNone;
    std::int64_t newest = INT64_MIN;  // arrival in the tree below, itself included
    [[nodiscard]] bool dummy() const { return message == kNone; }
  };
  // By what siblings are sorted: sent date, then place in the mailbox.
  struct Place {
    std::int64_t date = 0;
    std::uint32_t message = 0;
    std::uint32_t node = 0;
    friend bool operator<(const Place& a, const Place& b) {
      return a.date != b.date ? a.date < b.date : a.message < b.message;
    }
  };

  std::uint32_t add_node();
  std::uint32_t node_of(const std::string& id);
  std::uint32_t subject_number(const std::string& subject);
  void link(std::uint32_t child, std::uint32_t parent);
  void append_child(std::uint32_t parent, std::uint32_t child);
  [[nodiscard]] const Message& head_of(std::uint32_t root) const;
  [[nodiscard]] std::uint32_t head_number(std::uint32_t root) const;

  task<ThreadTokens> by_subject(Pace& pace);
  task<ThreadTokens> by_references(Pace& pace);
  task<void> prune(Pace& pace);
  task<void> sort_children(std::uint32_t parent, Pace& pace);
  task<void> sort_roots(Pace& pace);
  task<void> gather_subjects(Pace& pace);
  void merge(std::uint32_t current, std::uint32_t& tabled);
  task<ThreadTokens> flatten(Pace& pace) const;

  imap::ThreadAlgorithm algorithm_;
  std::vector<Message> messages_;
  std::vector<Node> nodes_;
  LinkCutForest forest_;  // of the same nodes
  std::vector<std::uint32_t> roots_;
  // SECURITY (hash flooding): ordered maps, because the keys are chosen by whoever sends mail.
  std::map<std::string, std::uint32_t, std::less<>> ids_;
  std::map<std::string, std::uint32_t, std::less<>> subjects_;
};

}  // namespace postern::search
