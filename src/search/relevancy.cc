#include "search/relevancy.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/executor.h"
#include "mime/decode.h"
#include "mime/fields.h"
#include "search/pace.h"
#include "search/plan.h"
#include "search/text_matcher.h"

namespace postern::search {
namespace {

using mailstore::MailboxVersion;

constexpr std::size_t kBatch = 32;  // records read at a time
// LIMIT: fuzzy texts that are scored; more of them would say the same.
constexpr std::size_t kMaxTexts = 16;

// Of 1; what the parts of a score weigh.
constexpr double kSubject = 0.55;
constexpr double kPeople = 0.25;
constexpr double kAge = 0.20;
constexpr double kApart = 0.7;  // all words in the subject, but not in one piece

struct Text {
  std::string whole;  // folded
  std::vector<std::string> words;
};

std::vector<Text> texts_of(const imap::SearchProgram& program) {
  std::vector<Text> texts;
  for (const imap::SearchNode& node : program.nodes) {
    if (!node.fuzzy || !has_text(node.op) || node.text.empty() || texts.size() == kMaxTexts)
      continue;
    Text text;
    text.whole = fold_text(node.text, Folding::kLoose);
    text.words = words_of(text.whole);
    if (text.words.empty()) text.words.push_back(text.whole);
    texts.push_back(std::move(text));
  }
  return texts;
}

double share_of_words(const Text& text, std::string_view folded) {
  const auto found = std::count_if(text.words.begin(), text.words.end(),
                                   [&](const auto& word) { return contains_text(folded, word); });
  return static_cast<double>(found) / static_cast<double>(text.words.size());
}

// What the header of one message has of the texts, between 0 and kSubject + kPeople.
double header_share(const std::vector<Text>& texts, const mime::MessageInfo& info) {
  std::string subject, people;
  mime::FieldReader reader(info.hot_header);
  while (const auto field = reader.next()) {
    const std::string name = to_lower(field->name);
    if (name == "subject") subject += fold_text(mime::decode_header(field->value), Folding::kLoose);
    if (name == "from" || name == "to" || name == "cc")
      people += fold_text(mime::decode_header(field->value), Folding::kLoose) + '\n';
  }
  double sum = 0;
  for (const Text& text : texts) {
    const double in_subject =
        contains_text(subject, text.whole) ? 1 : kApart * share_of_words(text, subject);
    sum += kSubject * in_subject + kPeople * share_of_words(text, people);
  }
  return texts.empty() ? 0 : sum / static_cast<double>(texts.size());
}

bool spoils_one_message(Errc code) {
  return code == Errc::kCorrupt || code == Errc::kNotFound || code == Errc::kExpunged;
}

}  // namespace

task<Result<std::vector<std::uint8_t>>> score(mailstore::Account& account,
                                              mailstore::VersionPtr view,
                                              imap::SearchProgram program, UidSet found) {
  const std::vector<Text> texts = texts_of(program);
  std::vector<MailboxVersion::MessageRef> rows;
  view->visit_uids(found, [&](const MailboxVersion::MessageRef& row) {
    rows.push_back(row);
    return true;
  });
  std::vector<std::int64_t> ages;
  for (const auto& row : rows) ages.push_back(row.row->internal_date);
  std::sort(ages.begin(), ages.end());
  std::vector<std::uint8_t> scores;
  Pace pace(UINT64_MAX);
  for (std::size_t from = 0; from < rows.size(); from += kBatch) {
    const std::size_t to = std::min(rows.size(), from + kBatch);
    std::vector<EmailId> emails;
    for (std::size_t i = from; i < to; ++i) emails.push_back(rows[i].row->email);
    const auto records = co_await account.read_info(std::move(emails));
    if (!records && !spoils_one_message(records.error().code))
      co_return std::unexpected(records.error());
    for (std::size_t i = from; i < to; ++i) {
      double value = records ? header_share(texts, (*records)[i - from].info) : 0;
      // The share of those found that are older.
      const auto older = std::lower_bound(ages.begin(), ages.end(), rows[i].row->internal_date);
      if (rows.size() > 1)
        value +=
            kAge * static_cast<double>(older - ages.begin()) / static_cast<double>(rows.size() - 1);
      scores.push_back(static_cast<std::uint8_t>(std::clamp(1 + 99 * value, 1.0, 100.0)));
      const std::size_t work = records ? (*records)[i - from].info.hot_header.size() : 0;
      if (pace.charge(work * (texts.size() + 1) + 1000)) co_await Yield{};
    }
  }
  co_return scores;
}

}  // namespace postern::search
