// For tests: an account of messages in memory that counts what is read of it, and versions made by
// hand.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "imap/parser.h"
#include "mailstore/account.h"
#include "mime/parser.h"
#include "search/search.h"

namespace postern::search::test {

using namespace mailstore;  // NOLINT: the fake speaks its vocabulary

class FakeAccount final : public Account {
 public:
  // Emails are numbered from 1 in the order they are added.
  EmailId add(std::string message) {
    messages_.push_back(std::move(message));
    return EmailId(messages_.size());
  }
  void spoil_info(EmailId email, Errc code) { bad_info_[email.value()] = code; }
  void spoil_body(EmailId email, Errc code) { bad_body_[email.value()] = code; }

  std::size_t infos_read = 0;
  std::size_t body_reads = 0;
  std::uint64_t octets_read = 0;
  std::size_t largest_read = 0;

  task<Result<std::vector<StoredMessage>>> read_info(std::vector<EmailId> emails) override {
    std::vector<StoredMessage> result;
    for (const EmailId email : emails) {
      const auto bad = bad_info_.find(email.value());
      if (bad != bad_info_.end()) co_return fail(bad->second, "info");
      const std::string& message = messages_[email.value() - 1];
      result.push_back({message.size(), mime::parse_message(message)});
      ++infos_read;
    }
    co_return result;
  }
  task<Result<std::string>> read_body(EmailId email, std::uint64_t offset,
                                      std::size_t length) override {
    const auto bad = bad_body_.find(email.value());
    if (bad != bad_body_.end()) co_return fail(bad->second, "body");
    const std::string& message = messages_[email.value() - 1];
    ++body_reads;
    largest_read = std::max(largest_read, length);
    std::string bytes = offset < message.size() ? message.substr(offset, length) : std::string();
    octets_read += bytes.size();
    co_return bytes;
  }

  // Nothing else is asked of an account by a search.
  [[nodiscard]] AccountId id() const override { return AccountId(1); }
  [[nodiscard]] FoldersPtr folders() const override { return nullptr; }
  task<Result<MailboxId>> create(std::string, SpecialUse) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<void>> remove(std::string) override { co_return fail(Errc::kCannot); }
  task<Result<void>> rename(std::string, std::string) override { co_return fail(Errc::kCannot); }
  task<Result<void>> subscribe(std::string, bool) override { co_return fail(Errc::kCannot); }
  [[nodiscard]] Result<MailboxCounts> status(MailboxId) const override {
    return fail(Errc::kCannot);
  }
  task<Result<VersionPtr>> version(MailboxId) override { co_return fail(Errc::kCannot); }
  [[nodiscard]] VersionPtr loaded_version(MailboxId) const override { return nullptr; }
  [[nodiscard]] UidSet vanished_since(MailboxId, ModSeq, const VersionPtr&) const override {
    return {};
  }
  Uid claim_recent(MailboxId, bool) override { return Uid(1); }
  Result<std::unique_ptr<MessageWriter>> begin_message(std::uint64_t) override {
    return fail(Errc::kCannot);
  }
  task<Result<AppendResult>> append(MailboxId, std::vector<NewMessage>) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<StoreResult>> store(MailboxId, UidSet, FlagChange, std::optional<ModSeq>) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<ExpungeResult>> expunge(MailboxId, std::optional<UidSet>) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<CopyResult>> copy(MailboxId, UidSet, MailboxId) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<CopyResult>> move(MailboxId, UidSet, MailboxId) override {
    co_return fail(Errc::kCannot);
  }
  [[nodiscard]] Watch watch(MailboxId, Signal&) override { return {}; }
  [[nodiscard]] Watch follow(ChangeFeed&) override { return {}; }
  [[nodiscard]] Usage usage() const override { return {}; }
  [[nodiscard]] MetadataPtr metadata() const override { return std::make_shared<const Metadata>(); }
  task<Result<void>> set_metadata(MailboxId, std::vector<MetadataChange>) override {
    co_return fail(Errc::kCannot);
  }
  task<Result<void>> set_quota(Quota) override { co_return fail(Errc::kCannot); }

 private:
  std::vector<std::string> messages_;
  std::map<std::uint64_t, Errc> bad_info_, bad_body_;
};

struct Row {
  std::uint8_t flags = 0;
  std::vector<std::size_t> keywords{};
  std::int64_t internal_date = 0;
  std::int16_t zone_minutes = 0;
  std::uint64_t modseq = 1;
  std::uint32_t save_date = 0;
};

// A mailbox built row by row. UIDs are 10, 20, 30 ... so that no test mistakes them for sequence
// numbers.
class Mailbox {
 public:
  explicit Mailbox(std::vector<std::string> keywords = {})
      : keywords_(std::make_shared<const std::vector<std::string>>(std::move(keywords))) {}

  EmailId add(const std::string& message, const Row& row = {}) {
    const EmailId email = account.add(message);
    add_row(email, message.size(), row);
    return email;
  }
  void add_row(EmailId email, std::size_t size, const Row& row) {
    if (!chunk_ || chunk_->size() == kChunkRows) finish_chunk();
    FlagSet flags{.system = row.flags, .keywords = {}};
    for (const std::size_t k : row.keywords) flags.keywords.set(k);
    ++exists_;
    chunk_->add({.uid = Uid(exists_ * 10),
                 .size = static_cast<std::uint32_t>(size),
                 .modseq = ModSeq(row.modseq),
                 .email = email,
                 .internal_date = row.internal_date,
                 .zone_minutes = row.zone_minutes,
                 .save_date = row.save_date},
                flags);
  }
  VersionPtr version() {
    finish_chunk();
    return std::make_shared<const MailboxVersion>(
        UidValidity(1), MailboxCounts{.exists = exists_, .uid_next = Uid(exists_ * 10 + 1)},
        keywords_, chunks_);
  }

  FakeAccount account;

 private:
  void finish_chunk() {
    if (chunk_ && !chunk_->empty()) chunks_.push_back(std::make_shared<const Chunk>(*chunk_));
    chunk_.emplace();
  }
  std::shared_ptr<const std::vector<std::string>> keywords_;
  std::vector<ChunkPtr> chunks_;
  std::optional<Chunk> chunk_;
  std::uint32_t exists_ = 0;
};

// The program of "SEARCH <keys>", as a client's command gives it.
inline imap::SearchProgram program_of(const std::string& keys) {
  const auto command = imap::parse_command(
      "a SEARCH CHARSET UTF-8 " + keys, imap::ParseMode{.utf8_names = true, .authenticated = true});
  EXPECT_TRUE(command.has_value()) << keys << ": " << command.error().message;
  return command ? std::get<imap::SearchArgs>(command->args).program : imap::SearchProgram();
}

inline Result<SearchHits> run_search(Account& account, VersionPtr view, imap::SearchProgram program,
                                     SearchContext context = {}) {
  ManualExecutor executor;
  return run_blocking(executor,
                      search(account, std::move(view), std::move(program), std::move(context)));
}

// Sequence numbers found, or the name of the error.
inline std::string found(Mailbox& mailbox, const std::string& keys, SearchContext context = {}) {
  const auto hits =
      run_search(mailbox.account, mailbox.version(), program_of(keys), std::move(context));
  if (!hits.has_value()) return std::string(to_string(hits.error().code));
  std::string uids;
  for (const auto& i : hits->seqs.intervals()) {
    for (std::uint32_t s = i.first; s <= i.last; ++s) EXPECT_TRUE(hits->uids.contains(Uid(s * 10)));
  }
  EXPECT_EQ(hits->uids.count(), hits->seqs.count());
  return hits->seqs.to_string();
}

}  // namespace postern::search::test
