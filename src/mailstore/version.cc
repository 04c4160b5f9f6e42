#include "mailstore/version.h"

#include <algorithm>
#include <utility>

#include "mailstore/chunk_builder.h"

namespace postern::mailstore {

MailboxVersion::MailboxVersion(UidValidity validity, MailboxCounts counts,
                               std::shared_ptr<const std::vector<std::string>> keywords,
                               std::vector<ChunkPtr> chunks)
    : validity_(validity),
      counts_(counts),
      keywords_(std::move(keywords)),
      chunks_(std::move(chunks)) {
  first_seq_.reserve(chunks_.size());
  std::uint32_t seq = 1;
  for (const ChunkPtr& chunk : chunks_) {
    first_seq_.push_back(seq);
    seq += static_cast<std::uint32_t>(chunk->size());
  }
}

std::optional<MailboxVersion::Position> MailboxVersion::position_of_seq(std::uint32_t seq) const {
  if (seq == 0 || chunks_.empty()) return std::nullopt;
  const auto after = std::upper_bound(first_seq_.begin(), first_seq_.end(), seq);
  const auto chunk = static_cast<std::size_t>(after - first_seq_.begin()) - 1;
  const std::size_t row = seq - first_seq_[chunk];
  if (row >= chunks_[chunk]->size()) return std::nullopt;
  return Position{chunk, row};
}

std::optional<MailboxVersion::Position> MailboxVersion::position_from_uid(std::uint32_t uid) const {
  const auto chunk = std::lower_bound(
      chunks_.begin(), chunks_.end(), uid,
      [](const ChunkPtr& c, std::uint32_t value) { return c->last_uid().value() < value; });
  if (chunk == chunks_.end()) return std::nullopt;
  const Position at{static_cast<std::size_t>(chunk - chunks_.begin()), 0};
  if ((*chunk)->first_uid().value() >= uid) return at;  // without unpacking it
  const auto& rows = (*chunk)->rows();
  const auto row = std::lower_bound(
      rows.begin(), rows.end(), uid,
      [](const MessageRow& r, std::uint32_t value) { return r.uid.value() < value; });
  return Position{at.chunk, static_cast<std::size_t>(row - rows.begin())};
}

std::optional<MailboxVersion::MessageRef> MailboxVersion::by_seq(SeqNum seq) const {
  const auto at = position_of_seq(seq.value());
  if (!at) return std::nullopt;
  return ref(*at);
}

std::optional<MailboxVersion::MessageRef> MailboxVersion::by_uid(Uid uid) const {
  const auto message = lower_bound(uid);
  if (!message || message->row->uid != uid) return std::nullopt;
  return message;
}

Uid MailboxVersion::last_uid() const {
  return chunks_.empty() ? Uid(0) : chunks_.back()->last_uid();
}

std::optional<MailboxVersion::MessageRef> MailboxVersion::lower_bound(Uid uid) const {
  const auto at = position_from_uid(uid.value());
  if (!at) return std::nullopt;
  return ref(*at);
}

std::optional<SeqNum> MailboxVersion::first_unseen() const {
  if (counts_.unseen == 0) return std::nullopt;
  for (std::size_t c = 0; c < chunks_.size(); ++c) {
    const Chunk& chunk = *chunks_[c];
    // Most chunks of an old mailbox hold no unseen flag set at all, those of new mail no other.
    const auto unseen = std::count_if(chunk.flag_sets().begin(), chunk.flag_sets().end(),
                                      [](const FlagSet& f) { return (f.system & kSeen) == 0; });
    if (unseen == 0) continue;
    if (std::cmp_equal(unseen, chunk.flag_sets().size())) return SeqNum(first_seq_[c]);
    for (std::size_t r = 0; r < chunk.size(); ++r) {
      if ((chunk.flags_of(chunk.rows()[r]).system & kSeen) == 0) {
        return SeqNum(first_seq_[c] + static_cast<std::uint32_t>(r));
      }
    }
  }
  return std::nullopt;
}

std::uint32_t MailboxVersion::count(const UidSet& uids) const {
  const auto before = [this](std::uint32_t uid) {  // rows with a smaller UID
    const auto at = position_from_uid(uid);
    if (at) return first_seq_[at->chunk] - 1 + static_cast<std::uint32_t>(at->row);
    return chunks_.empty()
               ? 0
               : first_seq_.back() - 1 + static_cast<std::uint32_t>(chunks_.back()->size());
  };
  std::uint32_t found = 0;
  for (const auto& interval : uids.intervals()) {
    found += before(interval.last) - before(interval.first);
    if (by_uid(Uid(interval.last))) ++found;
  }
  return found;
}

UidSet MailboxVersion::uids_of(const SeqSet& seqs) const {
  UidSet uids;
  visit_seqs(seqs, [&](const MessageRef& message) {
    uids.add(message.row->uid);
    return true;
  });
  return uids;
}

UidSet MailboxVersion::all_uids() const {
  UidSet uids;
  for (const ChunkPtr& chunk : chunks_) {
    for (const MessageRow& row : chunk->rows()) uids.add(row.uid);
  }
  return uids;
}

namespace {

// A place in the rows of a version that moves forward by rows or by whole chunks.
struct Cursor {
  explicit Cursor(const MailboxVersion& version) : chunks(version.chunks()) {}
  const std::vector<ChunkPtr>& chunks;
  std::size_t chunk = 0;
  std::size_t row = 0;
  std::uint32_t seq = 1;

  [[nodiscard]] bool at_end() const { return chunk == chunks.size(); }
  [[nodiscard]] const Chunk& here() const { return *chunks[chunk]; }
  [[nodiscard]] const MessageRow& message() const { return here().rows()[row]; }
  void next_row() {
    ++seq;
    if (++row == here().size()) {
      row = 0;
      ++chunk;
    }
  }
  void next_chunk() {
    seq += static_cast<std::uint32_t>(here().size());
    ++chunk;
  }
};

// Walks both versions in UID order and calls back for rows only in `from`, only in `to`, in both.
// Chunks shared by both are passed over unread.
template <class OnlyFrom, class Both>
void walk(const MailboxVersion& from, const MailboxVersion& to, OnlyFrom only_from, Both both) {
  Cursor a(from);
  Cursor b(to);
  while (!a.at_end()) {
    if (!b.at_end() && a.row == 0 && b.row == 0 && a.chunks[a.chunk] == b.chunks[b.chunk]) {
      a.next_chunk();
      b.next_chunk();
      continue;
    }
    if (b.at_end() || a.message().uid < b.message().uid) {
      only_from(a);
      a.next_row();
    } else if (b.message().uid < a.message().uid) {
      b.next_row();
    } else {
      both(a, b);
      a.next_row();
      b.next_row();
    }
  }
}

}  // namespace

Delta difference(const MailboxVersion& from, const MailboxVersion& to) {
  Delta delta;
  delta.exists_before = from.exists();
  delta.exists_after = to.exists();
  walk(
      from, to,
      [&](const Cursor& a) {
        delta.expunged.push_back(SeqNum(a.seq));
        delta.vanished.add(a.message().uid);
      },
      [&](const Cursor& a, const Cursor& b) {
        if (a.message().modseq != b.message().modseq ||
            a.here().flags_of(a.message()) != b.here().flags_of(b.message())) {
          delta.changed.push_back(SeqNum(b.seq));
        }
      });
  return delta;
}

VersionPtr keep_expunged(const VersionPtr& from, const VersionPtr& to) {
  if (from == to) return to;
  struct Gone {
    const MessageRow* row;
    const Chunk* chunk;
  };
  std::vector<Gone> gone;
  walk(
      *from, *to, [&](const Cursor& a) { gone.push_back({&a.message(), &a.here()}); },
      [](const Cursor&, const Cursor&) {});
  if (gone.empty()) return to;

  MailboxCounts counts = to->counts();
  std::vector<ChunkPtr> chunks;
  ChunkBuilder builder(chunks);
  auto next = gone.begin();
  const auto add_gone = [&] {
    const FlagSet& flags = next->chunk->flags_of(*next->row);
    builder.add(*next->row, flags);
    ++counts.exists;
    counts.bytes += next->row->size;
    if ((flags.system & kSeen) == 0) ++counts.unseen;
    if ((flags.system & kDeleted) != 0) ++counts.deleted;
    ++next;
  };
  for (const ChunkPtr& chunk : to->chunks()) {
    while (next != gone.end() && next->row->uid < chunk->first_uid()) add_gone();
    // Closing here keeps the following chunk shared instead of copied into the open one.
    builder.finish();
    if (next == gone.end() || next->row->uid > chunk->last_uid()) {
      builder.add_chunk(chunk);
      continue;
    }
    for (const MessageRow& row : chunk->rows()) {
      while (next != gone.end() && next->row->uid < row.uid) add_gone();
      builder.add(row, chunk->flags_of(row));
    }
    builder.finish();
  }
  while (next != gone.end()) add_gone();
  builder.finish();
  // shared_ptr: a version is shared by the sessions that show it.
  return std::make_shared<const MailboxVersion>(to->uid_validity(), counts, to->keyword_table(),
                                                std::move(chunks));
}

}  // namespace postern::mailstore
