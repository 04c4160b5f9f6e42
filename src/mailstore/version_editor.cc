#include "mailstore/version_editor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "mailstore/chunk_builder.h"

namespace postern::mailstore {
namespace {

// Chunks that shrank are joined with the one before up to this size, so that a mailbox that loses
// most of its messages does not keep a chunk for each of them. Below kChunkRows, so that joining is
// rare.
constexpr std::size_t kJoinRows = 256;

void count(MailboxCounts& counts, const MessageRow& row, const FlagSet& flags) {
  ++counts.exists;
  counts.bytes += row.size;
  if ((flags.system & kSeen) == 0) ++counts.unseen;
  if ((flags.system & kDeleted) != 0) ++counts.deleted;
}
void uncount(MailboxCounts& counts, const MessageRow& row, const FlagSet& flags) {
  --counts.exists;
  counts.bytes -= row.size;
  if ((flags.system & kSeen) == 0) --counts.unseen;
  if ((flags.system & kDeleted) != 0) --counts.deleted;
}

bool names_unknown_keyword(const FlagSet& flags, std::size_t keywords) {
  return keywords < kMaxKeywords && (flags.keywords >> keywords).any();
}

// Membership tests with ascending UIDs: O(1) each over a walk.
class Ascending {
 public:
  explicit Ascending(const UidSet& uids)
      : at_(uids.intervals().begin()), end_(uids.intervals().end()) {}
  bool contains(Uid uid) {
    while (at_ != end_ && at_->last < uid.value()) ++at_;
    return at_ != end_ && at_->first <= uid.value();
  }
  // Some UID of the set lies in [first, last].
  bool touches(Uid first, Uid last) {
    while (at_ != end_ && at_->last < first.value()) ++at_;
    return at_ != end_ && at_->first <= last.value();
  }

 private:
  std::vector<UidSet::Interval>::const_iterator at_;
  std::vector<UidSet::Interval>::const_iterator end_;
};

}  // namespace

void count_added(MailboxCounts& counts, const AddSection& section) {
  for (const AddSection::Row& entry : section.rows) {
    count(counts, entry.row, entry.flags);
    counts.uid_next = Uid(entry.row.uid.value() + 1);
  }
}

VersionEditor::VersionEditor(const MailboxVersion& base)
    : validity_(base.uid_validity()), counts_(base.counts()), chunks_(base.chunks()) {}

Chunk& VersionEditor::writable_tail() {
  if (!tail_) {
    tail_ = std::make_shared<Chunk>(*chunks_.back());
    chunks_.back() = tail_;
  }
  return *tail_;
}

void VersionEditor::add(const AddSection& section, ModSeq modseq) {
  for (const AddSection::Row& entry : section.rows) {
    if (chunks_.empty() || chunks_.back()->size() >= kChunkRows) {
      tail_ = std::make_shared<Chunk>();
      chunks_.push_back(tail_);
    }
    Chunk& chunk = writable_tail();
    MessageRow row = entry.row;
    row.modseq = modseq;
    chunk.add(row, entry.flags);
  }
  count_added(counts_, section);
}

void VersionEditor::change(const FlagsSection& section, ModSeq modseq) {
  Ascending wanted(section.uids);
  for (ChunkPtr& chunk : chunks_) {
    const Chunk& before = *chunk;
    if (!wanted.touches(before.first_uid(), before.last_uid())) continue;
    // The result of the change is worked out once for each distinct flag set, not for each row.
    std::vector<FlagSet> results;
    bool any = false;
    for (const FlagSet& flags : before.flag_sets()) {
      results.push_back(apply_flags(flags, section.mode, section.flags));
      any = any || results.back() != flags;
    }
    if (!any) continue;

    auto after = std::make_shared<Chunk>();
    after->reserve(before.size());
    constexpr std::uint16_t kUnset = 0xffff;
    std::vector<std::uint16_t> kept(results.size(), kUnset), changed(results.size(), kUnset);
    bool touched = false;
    for (MessageRow row : before.rows()) {
      const std::uint16_t old = row.flags;
      const FlagSet& was = before.flag_sets()[old];
      const bool hit = wanted.contains(row.uid) && results[old] != was;
      std::uint16_t& index = hit ? changed[old] : kept[old];
      if (index == kUnset) index = after->intern(hit ? results[old] : was);
      row.flags = index;
      if (hit) {
        touched = true;
        uncount(counts_, row, was);
        count(counts_, row, results[old]);
        row.modseq = modseq;
      }
      after->add(row);
    }
    if (!touched) continue;
    if (chunk == tail_) tail_ = after;
    chunk = std::move(after);
  }
}

void VersionEditor::expunge(const UidSet& uids) {
  Ascending wanted(uids);
  std::vector<ChunkPtr> chunks;
  chunks.reserve(chunks_.size());
  bool shrunk_before = false;  // the last of `chunks` lost rows
  for (ChunkPtr& chunk : chunks_) {
    bool shrunk = false;
    if (wanted.touches(chunk->first_uid(), chunk->last_uid())) {
      auto after = std::make_shared<Chunk>();
      for (const MessageRow& row : chunk->rows()) {
        const FlagSet& flags = chunk->flags_of(row);
        if (wanted.contains(row.uid)) {
          uncount(counts_, row, flags);
          continue;
        }
        after->add(row, flags);
      }
      shrunk = after->size() != chunk->size();
      if (shrunk) chunk = std::move(after);
    }
    if (chunk->empty()) continue;
    if ((shrunk || shrunk_before) && !chunks.empty() &&
        chunks.back()->size() + chunk->size() <= kJoinRows) {
      auto joined = std::make_shared<Chunk>(*chunks.back());
      for (const MessageRow& row : chunk->rows()) joined->add(row, chunk->flags_of(row));
      chunks.back() = std::move(joined);
      shrunk_before = true;
      continue;
    }
    chunks.push_back(std::move(chunk));
    shrunk_before = shrunk;
  }
  chunks_ = std::move(chunks);
  tail_ = nullptr;
}

Result<void> VersionEditor::apply(const LogRecord& record, ModSeq modseq, std::size_t keywords) {
  for (const auto& section : record.sections) {
    if (const auto* added = std::get_if<AddSection>(&section)) {
      std::uint32_t next = counts_.uid_next.value();
      for (const AddSection::Row& entry : added->rows) {
        if (entry.row.uid.value() < next) return fail(Errc::kCorrupt, "uid does not ascend");
        if (names_unknown_keyword(entry.flags, keywords))
          return fail(Errc::kCorrupt, "unknown keyword");
        next = entry.row.uid.value() + 1;
      }
      add(*added, modseq);
    } else if (const auto* flags = std::get_if<FlagsSection>(&section)) {
      if (names_unknown_keyword(flags->flags, keywords))
        return fail(Errc::kCorrupt, "unknown keyword");
      change(*flags, modseq);
    } else {
      expunge(std::get<ExpungeSection>(section).uids);
    }
  }
  counts_.highest_modseq = modseq;
  return {};
}

VersionPtr VersionEditor::build(KeywordsPtr keywords) {
  // shared_ptr: sessions on other threads hold versions.
  return std::make_shared<const MailboxVersion>(validity_, counts_, std::move(keywords),
                                                std::move(chunks_));
}

}  // namespace postern::mailstore
