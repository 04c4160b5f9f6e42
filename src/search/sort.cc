#include "search/sort.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/executor.h"
#include "mime/decode.h"
#include "mime/fields.h"
#include "search/base_subject.h"
#include "search/envelope_fields.h"
#include "search/message_ids.h"
#include "search/pace.h"
#include "search/paced_sort.h"
#include "search/records.h"
#include "search/sort_key.h"

namespace postern::search {
namespace {

using mailstore::MailboxVersion;

// The rows of `uids`, some at a time.
class Rows {
 public:
  Rows(const MailboxVersion& view, const UidSet& uids) {
    rows_.reserve(view.count(uids));
    view.visit_uids(uids, [this](const MailboxVersion::MessageRef& message) {
      rows_.push_back(message.row);
      return true;
    });
  }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] std::vector<const mailstore::MessageRow*> take() {
    const std::size_t from = std::exchange(next_, std::min(next_ + kRecordBatch, rows_.size()));
    return {rows_.begin() + static_cast<std::ptrdiff_t>(from),
            rows_.begin() + static_cast<std::ptrdiff_t>(next_)};
  }

 private:
  std::vector<const mailstore::MessageRow*> rows_;
  std::size_t next_ = 0;
};

std::vector<EmailId> emails_of(const std::vector<const mailstore::MessageRow*>& rows) {
  std::vector<EmailId> emails;
  emails.reserve(rows.size());
  for (const mailstore::MessageRow* row : rows) emails.push_back(row->email);
  return emails;
}

// RFC 5256 §3 REFERENCES: of the References field, else the first of In-Reply-To.
std::vector<std::string> references_of(const mime::MessageInfo& info,
                                       const EnvelopeFields& envelope) {
  mime::FieldReader fields(info.hot_header);
  while (const auto field = fields.next()) {
    if (!iequals(field->name, "references")) continue;
    auto ids = message_ids(mime::unfold(field->value));
    if (!ids.empty()) return ids;
  }
  std::vector<std::string> ids;
  std::string parent = first_message_id(envelope.in_reply_to.value_or(""));
  if (!parent.empty()) ids.push_back(std::move(parent));
  return ids;
}

ThreadMessage thread_message(const mailstore::MessageRow& row, const mime::MessageInfo* info,
                             imap::ThreadAlgorithm algorithm) {
  ThreadMessage message;
  message.arrival = row.internal_date;
  message.sent = sent_date(row, info);
  if (info == nullptr) return message;
  const EnvelopeFields envelope = read_envelope(info->envelope);
  if (algorithm != imap::ThreadAlgorithm::kOrderedSubject) {
    message.id = first_message_id(envelope.message_id.value_or(""));
    message.references = references_of(*info, envelope);
  }
  if (algorithm != imap::ThreadAlgorithm::kRefs) {
    const BaseSubject base = base_subject(mime::decode_header(envelope.subject.value_or("")));
    message.subject = collation_key(base.text);
    message.reply_or_forward = base.reply_or_forward;
  }
  return message;
}

// What reading one record costs, in the pace's measure.
std::uint64_t work_of(const std::optional<mime::MessageInfo>& info) {
  return 5'000 + (info ? info->envelope.size() + info->hot_header.size() : 0) * 4;
}

}  // namespace

task<Result<std::vector<SortedMessage>>> sort(mailstore::Account& account,
                                              mailstore::VersionPtr view, UidSet uids,
                                              std::vector<imap::SortCriterion> criteria, Stop stop,
                                              std::vector<std::uint8_t> scores) {
  Pace pace(UINT64_MAX);
  const bool records = needs_record(criteria);
  Rows rows(*view, uids);
  std::vector<SortedMessage> result;
  result.reserve(rows.size());
  for (auto batch = rows.take(); !batch.empty(); batch = rows.take()) {
    std::vector<std::optional<mime::MessageInfo>> infos(batch.size());
    if (records) {
      POSTERN_CO_TRY(infos, co_await read_records(account, emails_of(batch)));
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const mime::MessageInfo* const info = infos[i] ? &*infos[i] : nullptr;
      const std::uint8_t score = result.size() < scores.size() ? scores[result.size()] : 0;
      result.push_back({sort_key(criteria, *batch[i], info, score), batch[i]->uid});
      if (pace.charge(work_of(infos[i]))) co_await Yield{};
    }
    if (stop && stop()) co_return fail(Errc::kUnavailable, "sort stopped");
  }
  co_await paced_sort(result, std::less<>(), pace);
  co_return result;
}

task<Result<Threads>> thread(mailstore::Account& account, mailstore::VersionPtr view, UidSet uids,
                             imap::ThreadAlgorithm algorithm, Stop stop) {
  Pace pace(UINT64_MAX);
  Rows rows(*view, uids);
  Threads result;
  result.uids.reserve(rows.size());
  Threader threader(algorithm);
  for (auto batch = rows.take(); !batch.empty(); batch = rows.take()) {
    POSTERN_CO_TRY(const auto infos, co_await read_records(account, emails_of(batch)));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const mime::MessageInfo* const info = infos[i] ? &*infos[i] : nullptr;
      threader.add(thread_message(*batch[i], info, algorithm));
      result.uids.push_back(batch[i]->uid);
      if (pace.charge(work_of(infos[i]))) co_await Yield{};
    }
    if (stop && stop()) co_return fail(Errc::kUnavailable, "thread stopped");
  }
  result.tokens = co_await threader.finish(pace);
  co_return result;
}

}  // namespace postern::search
