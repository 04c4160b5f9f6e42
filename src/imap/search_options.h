// What the searching commands take beside a search program: sort criteria (RFC 5256 §3, RFC 5957
// §5), threading algorithms, PARTIAL ranges (RFC 9394 §4) and the sources of ESEARCH (RFC 7377
// §2.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace postern::imap {

enum class SortKey : std::uint8_t {
  kArrival,
  kCc,
  kDate,
  kFrom,
  kSize,
  kSubject,
  kTo,
  kDisplayFrom,
  kDisplayTo,
  kRelevancy,  // RFC 6203 §6
};
struct SortCriterion {
  SortKey key = SortKey::kArrival;
  bool reverse = false;
  friend bool operator==(const SortCriterion&, const SortCriterion&) = default;
};

enum class ThreadAlgorithm : std::uint8_t { kOrderedSubject, kReferences, kRefs };

[[nodiscard]] inline bool sorts_by_relevancy(const std::vector<SortCriterion>& criteria) {
  return std::any_of(criteria.begin(), criteria.end(), [](const SortCriterion& criterion) {
    return criterion.key == SortKey::kRelevancy;
  });
}

// partial-range: positions among the results, from 1. As sent: the first may be the greater.
struct PartialRange {
  bool from_end = false;  // partial-range-last: -1 is the last result
  std::uint32_t first = 1;
  std::uint32_t last = 1;
  friend bool operator==(const PartialRange&, const PartialRange&) = default;
};

// filter-mailboxes (RFC 5465 §8, RFC 7377 §4), without "selected-delayed".
struct MailboxFilter {
  enum class Kind : std::uint8_t {
    kSelected,
    kInboxes,
    kPersonal,
    kSubscribed,
    kSubtree,
    kSubtreeOne,
    kMailboxes,
  };
  Kind kind = Kind::kSelected;
  std::vector<std::string> names;  // UTF-8; of the last three kinds
};

}  // namespace postern::imap
