// MailboxVersion: an immutable snapshot of one mailbox. Readers hold it and never lock; a writer
// publishes the next one. Unchanged chunks are shared between versions, so the difference of two
// versions costs what changed.
//
// Everything here is const after construction and may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/interval_set.h"
#include "mailstore/chunk.h"

namespace postern::mailstore {

// What STATUS and SELECT answer from; kept in the hot header, no rows needed.
struct MailboxCounts {
  std::uint32_t exists = 0;
  std::uint32_t unseen = 0;
  std::uint32_t deleted = 0;
  std::uint64_t bytes = 0;
  Uid uid_next{1};
  ModSeq highest_modseq{1};
};

class MailboxVersion {
 public:
  struct MessageRef {
    SeqNum seq;
    const MessageRow* row = nullptr;  // both live as long as the version
    const Chunk* chunk = nullptr;
    [[nodiscard]] const FlagSet& flags() const { return chunk->flags_of(*row); }
  };

  MailboxVersion(UidValidity validity, MailboxCounts counts,
                 std::shared_ptr<const std::vector<std::string>> keywords,
                 std::vector<ChunkPtr> chunks);

  [[nodiscard]] UidValidity uid_validity() const { return validity_; }
  [[nodiscard]] const MailboxCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint32_t exists() const { return counts_.exists; }
  [[nodiscard]] const std::vector<std::string>& keywords() const { return *keywords_; }
  [[nodiscard]] const std::shared_ptr<const std::vector<std::string>>& keyword_table() const {
    return keywords_;
  }
  [[nodiscard]] const std::vector<ChunkPtr>& chunks() const { return chunks_; }

  // O(log n). nullopt out of range / not present.
  [[nodiscard]] std::optional<MessageRef> by_seq(SeqNum seq) const;
  [[nodiscard]] std::optional<MessageRef> by_uid(Uid uid) const;
  // Largest UID present; Uid(0) when empty.
  [[nodiscard]] Uid last_uid() const;
  // First message with UID >= uid.
  [[nodiscard]] std::optional<MessageRef> lower_bound(Uid uid) const;
  // First message without \Seen (rev1 SELECT UNSEEN).
  [[nodiscard]] std::optional<SeqNum> first_unseen() const;

  // Calls visit(MessageRef) in order; stops when it returns false. O(intervals * log n + hits).
  template <class Visit>
  void visit_uids(const UidSet& uids, Visit visit) const;
  template <class Visit>
  void visit_seqs(const SeqSet& seqs, Visit visit) const;
  template <class Visit>
  void visit_all(Visit visit) const;

  // How many of `uids` are present. O(intervals * log n).
  [[nodiscard]] std::uint32_t count(const UidSet& uids) const;
  [[nodiscard]] UidSet uids_of(const SeqSet& seqs) const;
  [[nodiscard]] UidSet all_uids() const;

 private:
  struct Position {
    std::size_t chunk = 0;
    std::size_t row = 0;
  };
  [[nodiscard]] MessageRef ref(Position at) const {
    const Chunk& chunk = *chunks_[at.chunk];
    return {SeqNum(first_seq_[at.chunk] + static_cast<std::uint32_t>(at.row)),
            &chunk.rows()[at.row], &chunk};
  }
  [[nodiscard]] std::optional<Position> position_of_seq(std::uint32_t seq) const;
  [[nodiscard]] std::optional<Position> position_from_uid(std::uint32_t uid) const;  // lower bound
  template <class Visit, class Last>
  bool visit_from(Position at, Last last, Visit& visit) const;

  UidValidity validity_;
  MailboxCounts counts_;
  std::shared_ptr<const std::vector<std::string>> keywords_;
  std::vector<ChunkPtr> chunks_;
  std::vector<std::uint32_t> first_seq_;  // of each chunk
};

using VersionPtr = std::shared_ptr<const MailboxVersion>;

// What a client that was shown `from` must be told to be at `to`.
struct Delta {
  std::vector<SeqNum>
      expunged;     // numbers in `from`, ascending; EXPUNGE counts them from the top down
  UidSet vanished;  // the same as UIDs
  std::vector<SeqNum> changed;  // numbers in `to`: present in both, other flags or modseq
  std::uint32_t exists_before = 0, exists_after = 0;  // exists_after counts new arrivals
};
// O(changed chunks). Precondition: both of one mailbox (same UIDVALIDITY).
[[nodiscard]] Delta difference(const MailboxVersion& from, const MailboxVersion& to);

// `to` with every row of `from` that `to` no longer has kept in place: what a session may show
// while EXPUNGE must not be sent (RFC 9051 §7.5.1: not during FETCH, STORE, SEARCH by sequence
// number). Shares what it can; returns `to` itself when nothing was expunged.
[[nodiscard]] VersionPtr keep_expunged(const VersionPtr& from, const VersionPtr& to);

// ---- templates ----
template <class Visit, class Last>
bool MailboxVersion::visit_from(Position at, Last last, Visit& visit) const {
  for (; at.chunk < chunks_.size(); ++at.chunk, at.row = 0) {
    for (; at.row < chunks_[at.chunk]->size(); ++at.row) {
      const MessageRef message = ref(at);
      if (last(message)) return true;
      if (!visit(message)) return false;
    }
  }
  return true;
}
template <class Visit>
void MailboxVersion::visit_uids(const UidSet& uids, Visit visit) const {
  for (const auto& interval : uids.intervals()) {
    const auto at = position_from_uid(interval.first);
    if (!at) return;
    if (!visit_from(
            *at, [&](const MessageRef& m) { return m.row->uid.value() > interval.last; }, visit))
      return;
  }
}
template <class Visit>
void MailboxVersion::visit_seqs(const SeqSet& seqs, Visit visit) const {
  for (const auto& interval : seqs.intervals()) {
    const auto at = position_of_seq(interval.first);
    if (!at) continue;
    if (!visit_from(*at, [&](const MessageRef& m) { return m.seq.value() > interval.last; }, visit))
      return;
  }
}
template <class Visit>
void MailboxVersion::visit_all(Visit visit) const {
  visit_from(Position{}, [](const MessageRef&) { return false; }, visit);
}

}  // namespace postern::mailstore
