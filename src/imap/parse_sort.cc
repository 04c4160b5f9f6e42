// SORT and THREAD (RFC 5256 §5, RFC 5957 §5, RFC 5267 §5 extended-sort).
#include "imap/parse_rules.h"

namespace postern::imap {
namespace {

struct SortKeyName {
  std::string_view name;
  SortKey key;
};
constexpr SortKeyName kSortKeys[] = {
    {"ARRIVAL", SortKey::kArrival},
    {"CC", SortKey::kCc},
    {"DATE", SortKey::kDate},
    {"FROM", SortKey::kFrom},
    {"SIZE", SortKey::kSize},
    {"SUBJECT", SortKey::kSubject},
    {"TO", SortKey::kTo},
    {"DISPLAYFROM", SortKey::kDisplayFrom},
    {"DISPLAYTO", SortKey::kDisplayTo},
    {"RELEVANCY", SortKey::kRelevancy},
};

struct AlgorithmName {
  std::string_view name;
  ThreadAlgorithm algorithm;
};
constexpr AlgorithmName kAlgorithms[] = {
    {"ORDEREDSUBJECT", ThreadAlgorithm::kOrderedSubject},
    {"REFERENCES", ThreadAlgorithm::kReferences},
    {"REFS", ThreadAlgorithm::kRefs},
};

SortCriterion parse_sort_criterion(Cursor& in) {
  SortCriterion criterion;
  criterion.reverse = in.try_keyword("REVERSE");
  if (criterion.reverse) in.space();
  for (const SortKeyName& row : kSortKeys) {
    if (!in.try_keyword(row.name)) continue;
    criterion.key = row.key;
    return criterion;
  }
  in.fail("a sort key such as DATE or SUBJECT");
  return criterion;
}

// LIMIT: a key that was given before decides nothing, so there are never more than there are keys.
std::vector<SortCriterion> parse_sort_criteria(Cursor& in) {
  std::vector<SortCriterion> criteria;
  in.expect('(', "sort criteria in parentheses");
  while (in.ok()) {
    const SortCriterion criterion = parse_sort_criterion(in);
    const auto same = [&](const SortCriterion& other) { return other.key == criterion.key; };
    if (std::none_of(criteria.begin(), criteria.end(), same)) criteria.push_back(criterion);
    if (in.try_char(')')) break;
    in.space();
  }
  return criteria;
}

}  // namespace

SortArgs parse_sort(Cursor& in, Addressing by) {
  SortArgs args;
  args.search.by = by;
  in.space();
  parse_search_return_opts(in, args.search);
  const std::size_t start = in.offset();
  args.criteria = parse_sort_criteria(in);
  in.space();
  parse_search_charset(in, args.search);
  parse_search_criteria(in, args.search);
  // RFC 6203 §6: RELEVANCY is for searches with a FUZZY key.
  if (in.ok() && !args.search.program.uses_fuzzy && sorts_by_relevancy(args.criteria))
    in.fail_at(start, Errc::kInvalid, "a FUZZY key beside RELEVANCY");
  return args;
}

ThreadArgs parse_thread(Cursor& in, Addressing by) {
  ThreadArgs args;
  args.search.by = by;
  in.space();
  bool known = false;
  for (const AlgorithmName& row : kAlgorithms) {
    if (known || !in.try_keyword(row.name)) continue;
    args.algorithm = row.algorithm;
    known = true;
  }
  if (!known) in.fail("ORDEREDSUBJECT, REFERENCES or REFS");
  in.space();
  parse_search_charset(in, args.search);
  parse_search_criteria(in, args.search);
  return args;
}

}  // namespace postern::imap
