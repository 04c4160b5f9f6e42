#include "search/search.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "search/message_search.h"
#include "search/pace.h"
#include "search/plan.h"

namespace postern::search {
namespace {

using mailstore::MailboxVersion;

// Records read at a time; the largest ones are more than a megabyte.
constexpr std::size_t kBatch = 32;

// This message cannot be read; the account can.
bool spoils_one_message(Errc code) {
  return code == Errc::kCorrupt || code == Errc::kNotFound || code == Errc::kExpunged;
}

class Search {
 public:
  Search(mailstore::Account& account, const MailboxVersion& view, const Plan& plan,
         const SearchContext& context)
      : account_(account),
        view_(view),
        plan_(plan),
        context_(context),
        evaluation_(plan),
        pace_(context.max_work),
        observer_(context.observer),
        hit_(view.exists()) {}

  task<Result<SearchHits>> run();

 private:
  bool decide(const MailboxVersion::MessageRef& message);
  task<Result<void>> pass_batch();
  task<Result<void>> pass_message(const MailboxVersion::MessageRef& message,
                                  const mime::MessageInfo& info);
  task<Result<void>> pass_one_by_one();
  void record(const MailboxVersion::MessageRef& message, Truth value) {
    hit_[message.seq.value() - 1] = value == Truth::kTrue;
  }
  // True when others wait for the thread, or the observer for a word.
  [[nodiscard]] bool due(std::uint64_t units) {
    return pace_.charge(units) || (observer_ != nullptr && observer_->due());
  }
  task<Result<void>> give_way();
  task<void> rest();
  [[nodiscard]] SearchHits collect() const;

  mailstore::Account& account_;
  const MailboxVersion& view_;
  const Plan& plan_;
  const SearchContext& context_;
  Evaluation evaluation_;
  Pace pace_;
  SearchObserver* const observer_;
  std::uint32_t done_ = 0;  // messages looked at
  bool stopped_ = false;
  std::vector<bool> hit_;                          // by sequence number: answers come out of order
  std::vector<MailboxVersion::MessageRef> batch_;  // undecided by their rows
};

task<Result<SearchHits>> Search::run() {
  if (context_.within) {
    std::vector<MailboxVersion::MessageRef> messages;
    view_.visit_uids(*context_.within, [&](const MailboxVersion::MessageRef& message) {
      messages.push_back(message);
      return true;
    });
    for (const auto& message : messages) {
      if (decide(message)) POSTERN_CO_CHECK_OK(co_await give_way());
    }
  } else {
    std::uint32_t seq = 0;
    for (const mailstore::ChunkPtr& chunk : view_.chunks()) {
      for (const mailstore::MessageRow& row : chunk->rows()) {
        const MailboxVersion::MessageRef message{SeqNum(++seq), &row, chunk.get()};
        if (decide(message)) POSTERN_CO_CHECK_OK(co_await give_way());
      }
    }
  }
  POSTERN_CO_CHECK_OK(co_await pass_batch());
  co_return collect();
}

// By its row, or for the batch. True when it is time for a pause.
bool Search::decide(const MailboxVersion::MessageRef& message) {
  evaluation_.start(message);
  const Truth value = evaluation_.settle();
  record(message, value);
  if (value == Truth::kUnknown) {
    batch_.push_back(message);
  } else {
    ++done_;
  }
  return pace_.charge(8 * plan_.nodes().size() + 32) || batch_.size() == kBatch;
}

task<Result<void>> Search::give_way() {
  if (batch_.size() == kBatch) POSTERN_CO_CHECK_OK(co_await pass_batch());
  co_await rest();
  if (stopped_) co_return fail(Errc::kUnavailable, "search stopped");
  co_return Result<void>();
}

// Lets others have the thread, and the observer its word.
task<void> Search::rest() {
  co_await Yield{};
  stopped_ = context_.stop && context_.stop();
  if (stopped_ || observer_ == nullptr || !observer_->due()) co_return;
  const std::uint64_t total = context_.within ? view_.count(*context_.within) : view_.exists();
  stopped_ = !co_await observer_->report(done_, total);
}

task<Result<void>> Search::pass_batch() {
  if (batch_.empty()) co_return Result<void>();
  std::vector<EmailId> emails;
  emails.reserve(batch_.size());
  for (const auto& message : batch_) emails.push_back(message.row->email);
  const auto records = co_await account_.read_info(std::move(emails));
  if (!records.has_value()) {
    if (!spoils_one_message(records.error().code)) co_return std::unexpected(records.error());
    co_return co_await pass_one_by_one();
  }
  for (std::size_t i = 0; i < batch_.size(); ++i)
    POSTERN_CO_CHECK_OK(co_await pass_message(batch_[i], (*records)[i].info));
  batch_.clear();
  co_return Result<void>();
}

// Finds the messages of a batch that cannot be read; they do not match.
task<Result<void>> Search::pass_one_by_one() {
  for (const auto& message : batch_) {
    std::vector<EmailId> emails;
    emails.push_back(message.row->email);
    const auto records = co_await account_.read_info(std::move(emails));
    if (records.has_value()) {
      POSTERN_CO_CHECK_OK(co_await pass_message(message, records->front().info));
    } else if (!spoils_one_message(records.error().code)) {
      co_return std::unexpected(records.error());
    }
  }
  batch_.clear();
  co_return Result<void>();
}

task<Result<void>> Search::pass_message(const MailboxVersion::MessageRef& message,
                                        const mime::MessageInfo& info) {
  evaluation_.start(message);
  evaluation_.settle();
  decide_by_record(plan_, message.row->email, info, evaluation_);
  Truth value = evaluation_.settle();
  ++done_;
  if (due(info.hot_header.size() + 1000)) co_await rest();
  if (stopped_) co_return fail(Errc::kUnavailable, "search stopped");
  if (value == Truth::kUnknown) {
    const auto read =
        co_await decide_by_reading(plan_, account_, message.row->email, info, evaluation_, pace_);
    if (!read.has_value() && !spoils_one_message(read.error().code))
      co_return std::unexpected(read.error());
    value = read.has_value() ? *read : Truth::kFalse;
  }
  record(message, value);
  if (pace_.exhausted()) co_return fail(Errc::kLimit, "search work");
  co_return Result<void>();
}

SearchHits Search::collect() const {
  SearchHits hits;
  const auto visit = [&](const MailboxVersion::MessageRef& message) {
    if (!hit_[message.seq.value() - 1]) return true;
    hits.uids.add(message.row->uid);
    hits.seqs.add(message.seq);
    hits.highest_modseq = std::max(hits.highest_modseq, message.row->modseq);
    return true;
  };
  context_.within ? view_.visit_uids(*context_.within, visit) : view_.visit_all(visit);
  return hits;
}

}  // namespace

task<Result<SearchHits>> search(mailstore::Account& account, mailstore::VersionPtr view,
                                imap::SearchProgram program, SearchContext context) {
  POSTERN_CO_TRY(const Plan plan, Plan::compile(program, *view, account.id(), context));
  Search run(account, *view, plan, context);
  co_return co_await run.run();
}

}  // namespace postern::search
