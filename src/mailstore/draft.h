// Draft: a change being worked out under the account's mutex: the states it leaves and the batch
// that makes them durable. Nothing of the account changes until submit().
//
// It is made under the mutex and goes before the mutex is given back: the constructor demands it,
// and the analysis, which cannot see that account_ is the caller, is off for the rest.
#pragma once

#include "mailstore/account_impl.h"

namespace postern::mailstore {

class AccountImpl::Draft {
 public:
  explicit Draft(AccountImpl& account) POSTERN_REQUIRES(account.mutex_)
      : account_(account), pending_(std::make_shared<Pending>()), before_(account.counters_head_) {
    pending_->counters = before_;
  }

  [[nodiscard]] Counters& counters() { return pending_->counters; }
  [[nodiscard]] engine::Batch& batch() { return pending_->batch; }
  [[nodiscard]] const PendingPtr& pending() const { return pending_; }

  // The state the change leaves in the mailbox; starts as the newest one.
  [[nodiscard]] Effect& touch(const MailboxPtr& mailbox);
  void put(std::string key, std::string_view plain);
  // Appends the mailbox's change to its log and applies it. At most once a mailbox.
  Result<ModSeq> log(const MailboxPtr& mailbox, LogRecord record);
  // Indices of the keywords in the mailbox's table. New ones are added (kLimit), or left out.
  enum class Unknown : std::uint8_t { kAdd, kSkip };
  Result<FlagSet> intern(const MailboxPtr& mailbox, std::uint8_t system,
                         const std::vector<std::string>& keywords, Unknown unknown);
  // kOverQuota when the counters would pass the limit.
  Result<void> charge(std::uint64_t bytes, std::uint64_t messages);
  // The same for the mailboxes that the change makes: those that got their ids from counters().
  Result<void> charge_mailboxes() POSTERN_NO_THREAD_ANALYSIS;
  void release(Release release);
  // The entries the change leaves in the mailbox; null for none. At most once a mailbox. False when
  // they are what is there.
  bool annotate(MailboxId mailbox, MetadataEntriesPtr entries) POSTERN_NO_THREAD_ANALYSIS;
  // Changes of names, with the mailboxes they make, and the command they come from.
  void rename(NameChanges changes, Naming naming) POSTERN_NO_THREAD_ANALYSIS;
  // Completes the batch and hands it to the account's queue.
  PendingPtr submit(engine::Engine::Urgency urgency) POSTERN_NO_THREAD_ANALYSIS;

 private:
  void put_mailbox(const Folder& folder, const KeywordsPtr& keywords);
  void write_names() POSTERN_NO_THREAD_ANALYSIS;

  AccountImpl& account_;
  PendingPtr pending_;
  Counters before_;
};

}  // namespace postern::mailstore
