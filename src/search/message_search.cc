#include "search/message_search.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/executor.h"
#include "mailstore/object_id.h"
#include "mime/decode.h"
#include "mime/fields.h"
#include "search/text_matcher.h"

namespace postern::search {
namespace {

using imap::SearchOp;

constexpr std::size_t kPiece = 64 << 10;  // octets of a body held at a time

bool sent_date_holds(const PlanNode& leaf, const mime::MessageInfo& info) {
  if (!info.has_sent_day) return false;
  switch (leaf.op) {
    case SearchOp::kSentBefore:
      return info.sent_day < leaf.date;
    case SearchOp::kSentOn:
      return info.sent_day == leaf.date;
    default:
      return info.sent_day >= leaf.date;
  }
}

// Sets those of `leaves` (all of Source::kHeader) whose field in `header` holds their text. Returns
// the work.
std::uint64_t match_fields(const Plan& plan, std::string_view header,
                           const std::vector<std::uint32_t>& leaves, Evaluation& evaluation) {
  std::vector<bool> open(plan.nodes().size());
  for (const std::uint32_t leaf : leaves) open[leaf] = true;
  std::uint64_t work = header.size();
  mime::FieldReader reader(header);
  while (const auto field = reader.next()) {
    const std::vector<std::uint32_t>* asking = plan.leaves_for_field(to_lower(field->name));
    if (asking == nullptr) continue;
    const std::string plain = mime::decode_header(field->value);
    std::array<std::optional<std::string>, 2> folded;  // by Folding, made when first asked for
    for (const std::uint32_t leaf : *asking) {
      if (!open[leaf]) continue;
      const PlanNode& node = plan.nodes()[leaf];
      auto& value = folded[static_cast<std::size_t>(node.folding)];
      if (!value) value = fold_text(plain, node.folding);
      work += value->size();
      if (!contains_text(*value, node.text)) continue;
      evaluation.set(leaf, true);
      open[leaf] = false;
    }
  }
  return work;
}

void set_all_false(Evaluation& evaluation, const std::vector<std::uint32_t>& leaves) {
  for (const std::uint32_t leaf : leaves) evaluation.set(leaf, false);
}

// Reads one message piece by piece.
class Reading {
 public:
  Reading(const Plan& plan, mailstore::Account& account, EmailId email,
          const mime::MessageInfo& info, Evaluation& evaluation, Pace& pace)
      : plan_(plan),
        account_(account),
        email_(email),
        info_(info),
        evaluation_(evaluation),
        pace_(pace),
        matcher_(needles()) {}

  task<Result<Truth>> run();

 private:
  std::vector<TextMatcher::Needle> needles() const {
    std::vector<TextMatcher::Needle> list;
    for (const Source source : {Source::kText, Source::kBody}) {
      for (const std::uint32_t leaf : evaluation_.open_leaves(source)) {
        const PlanNode& node = plan_.nodes()[leaf];
        list.push_back({leaf, node.text, source == Source::kBody, node.folding});
      }
    }
    return list;
  }

  // Takes over what the matcher found; true when the program's value is known.
  bool known() {
    for (const std::uint32_t leaf : matcher_.take_found()) evaluation_.set(leaf, true);
    return evaluation_.settle() != Truth::kUnknown;
  }

  task<Result<void>> charge(std::uint64_t units) {
    if (pace_.charge(units)) co_await Yield{};
    if (pace_.exhausted()) co_return fail(Errc::kLimit, "search work");
    co_return Result<void>();
  }

  task<Result<std::string>> header_of(const mime::PartInfo& part) {
    const std::uint64_t length =
        std::min<std::uint64_t>(part.body_begin - part.header_begin, kMaxSearchedHeader);
    std::string header;
    while (header.size() < length) {
      const std::size_t piece =
          std::min<std::size_t>(kPiece, static_cast<std::size_t>(length) - header.size());
      POSTERN_CO_TRY(const std::string bytes,
                     co_await account_.read_body(email_, part.header_begin + header.size(), piece));
      if (bytes.empty()) break;
      header += bytes;
    }
    co_return header;
  }

  task<Result<void>> match_header(std::string_view header, Scope scope) {
    mime::FieldReader reader(header);
    while (const auto field = reader.next()) {
      if (matcher_.wanted(scope) == 0) break;
      matcher_.begin(scope);
      if (!field->name.empty()) {
        matcher_.feed(field->name);
        matcher_.feed(": ");
      }
      matcher_.feed(mime::decode_header(field->value));
      matcher_.end();
      POSTERN_CO_CHECK_OK(co_await charge(field->raw.size() * (1 + matcher_.wanted(scope))));
    }
    co_return Result<void>();
  }

  task<Result<void>> match_body(const mime::PartInfo& part) {
    mime::TransferDecoder transfer(part.encoding);
    mime::TextDecoder text(part.charset);
    matcher_.begin(Scope::kContent);
    std::uint64_t at = part.body_begin;
    while (at < part.body_end && matcher_.wanted(Scope::kContent) > 0) {
      const auto piece =
          static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, part.body_end - at));
      POSTERN_CO_TRY(const std::string bytes, co_await account_.read_body(email_, at, piece));
      if (bytes.empty()) break;
      at += bytes.size();
      std::string octets, utf8;
      transfer.feed(bytes, octets);
      text.feed(octets, utf8);
      matcher_.feed(utf8);
      POSTERN_CO_CHECK_OK(co_await charge(bytes.size() * (1 + matcher_.wanted(Scope::kContent))));
      if (known()) co_return Result<void>();
    }
    std::string octets, utf8;
    transfer.finish(octets);
    text.feed(octets, utf8);
    text.finish(utf8);
    matcher_.feed(utf8);
    matcher_.end();
    co_return Result<void>();
  }

  task<Result<void>> match_part(std::size_t index) {
    const mime::PartInfo& part = info_.parts[index];
    if (index != 0) {
      const Scope scope = info_.parts[part.parent].message ? Scope::kContent : Scope::kHeaders;
      if (matcher_.wanted(scope) > 0) {
        POSTERN_CO_TRY(const std::string header, co_await header_of(part));
        POSTERN_CO_CHECK_OK(co_await match_header(header, scope));
      }
    }
    // Reports (message/delivery-status and its like) are text too.
    const bool textual = part.type == "text" || part.type == "message";
    if (textual && part.children.empty()) POSTERN_CO_CHECK_OK(co_await match_body(part));
    co_return Result<void>();
  }

  const Plan& plan_;
  mailstore::Account& account_;
  EmailId email_;
  const mime::MessageInfo& info_;
  Evaluation& evaluation_;
  Pace& pace_;
  TextMatcher matcher_;
};

task<Result<Truth>> Reading::run() {
  if (known()) co_return evaluation_.settle();
  const std::vector<std::uint32_t> header_leaves = evaluation_.open_leaves(Source::kHeader);
  if (!header_leaves.empty() || matcher_.wanted(Scope::kHeaders) > 0) {
    POSTERN_CO_TRY(const std::string header, co_await header_of(info_.parts[0]));
    set_all_false(evaluation_, header_leaves);
    POSTERN_CO_CHECK_OK(co_await charge(match_fields(plan_, header, header_leaves, evaluation_)));
    if (known()) co_return evaluation_.settle();
    POSTERN_CO_CHECK_OK(co_await match_header(header, Scope::kHeaders));
  }
  for (std::size_t i = 0;
       i < info_.parts.size() && !known() && matcher_.wanted(Scope::kContent) > 0; ++i) {
    POSTERN_CO_CHECK_OK(co_await match_part(i));
  }
  if (!known()) {
    for (const Source source : {Source::kText, Source::kBody})
      set_all_false(evaluation_, evaluation_.open_leaves(source));
  }
  co_return evaluation_.settle();
}

}  // namespace

void decide_by_record(const Plan& plan, EmailId email, const mime::MessageInfo& info,
                      Evaluation& evaluation) {
  std::string thread;
  for (const std::uint32_t leaf : evaluation.open_leaves(Source::kRecord)) {
    const PlanNode& node = plan.nodes()[leaf];
    if (node.op == SearchOp::kThreadId) {
      if (thread.empty()) thread = mailstore::thread_object_id(plan.account(), email, info);
      evaluation.set(leaf, thread == node.text);
    } else {
      evaluation.set(leaf, sent_date_holds(node, info));
    }
  }
  if (!info.hot_header_complete) return;
  std::vector<std::uint32_t> kept = evaluation.open_leaves(Source::kHeader);
  std::erase_if(kept,
                [&](std::uint32_t leaf) { return !mime::is_hot_field(plan.nodes()[leaf].name); });
  if (kept.empty()) return;
  set_all_false(evaluation, kept);
  match_fields(plan, info.hot_header, kept, evaluation);
}

task<Result<Truth>> decide_by_reading(const Plan& plan, mailstore::Account& account, EmailId email,
                                      const mime::MessageInfo& info, Evaluation& evaluation,
                                      Pace& pace) {
  Reading reading(plan, account, email, info, evaluation, pace);
  co_return co_await reading.run();
}

}  // namespace postern::search
