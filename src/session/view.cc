#include "session/view.h"

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "imap/encoder.h"

namespace postern::session {
namespace {

using mailstore::MailboxVersion;
using mailstore::VersionPtr;

struct NamedFlag {
  std::uint8_t bit;
  std::string_view name;
};
constexpr NamedFlag kSystemFlags[] = {
    {mailstore::kAnswered, "\\Answered"}, {mailstore::kFlagged, "\\Flagged"},
    {mailstore::kDeleted, "\\Deleted"},   {mailstore::kSeen, "\\Seen"},
    {mailstore::kDraft, "\\Draft"},
};
// Rows told between two looks at the output and at the other sessions of the thread.
constexpr std::size_t kStride = 256;

void append_word(std::string& out, std::string_view word, std::size_t start) {
  if (out.size() != start) out += ' ';
  out += word;
}

}  // namespace

void FlagText::append(std::string& out, const MailboxVersion& version,
                      const MailboxVersion::MessageRef& message, bool recent) {
  if (chunk_ != message.chunk) {
    chunk_ = message.chunk;
    texts_.assign(chunk_->flag_sets().size(), std::string());
  }
  std::string& text = texts_[message.row->flags];
  if (text.empty()) {
    const mailstore::FlagSet& flags = message.flags();
    text = "(";
    for (const NamedFlag& flag : kSystemFlags) {
      if ((flags.system & flag.bit) != 0) append_word(text, flag.name, 1);
    }
    if (flags.keywords.any()) {
      const auto& names = version.keywords();
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (flags.keywords.test(i)) append_word(text, names[i], 1);
      }
    }
  }
  out += text;
  if (recent) out += text.size() == 1 ? "\\Recent" : " \\Recent";
  out += ')';
}

void append_fetch_head(std::string& out, const MailboxVersion::MessageRef& message,
                       const Enabled& enabled) {
  out += "* ";
  if (enabled.uid_only) {
    imap::append_number(out, message.row->uid.value());
    out += " UIDFETCH (";
  } else {
    imap::append_number(out, message.seq.value());
    out += " FETCH (";
  }
}

View::View(MailboxHandle handle, VersionPtr shown, Access access)
    : handle_(std::move(handle)),
      access_(access),
      shown_(std::move(shown)),
      newest_(shown_),
      arrivals_from_(shown_->counts().uid_next) {}

ModSeq View::safe_modseq() const {
  ModSeq safe = holds_expunges() ? safe_modseq_ : newest_->counts().highest_modseq;
  if (flags_held_since_ && *flags_held_since_ < safe) safe = *flags_held_since_;
  return safe;
}

UidSet View::take_arrivals() {
  const Uid next = newest_->counts().uid_next;
  const Uid from = std::exchange(arrivals_from_, next);
  return from < next ? UidSet::range(from.value(), next.value() - 1) : UidSet();
}

void View::claim_recent() {
  const Uid from = handle_.account->claim_recent(handle_.id, read_only());
  std::uint32_t next = newest_->counts().uid_next.value();
  // The watermark may lie past the shown version; what is claimed with it is recent here and
  // nowhere else.
  if (const auto now = handle_.account->status(handle_.id))
    next = std::max(next, now->uid_next.value());
  if (from.value() < next) recent_ = recent_.unite(UidSet::range(from.value(), next - 1));
}

std::uint32_t View::recent_count() const {
  return shown_->count(recent_);
}

task<bool> View::tell(Output& out, VersionPtr newest, Expunges expunges, const Enabled& enabled,
                      const UidSet* skip) {
  const VersionPtr target =
      expunges == Expunges::kTell ? newest : mailstore::keep_expunged(shown_, newest);
  const bool was_holding = holds_expunges();
  const ModSeq told_modseq = newest_->counts().highest_modseq;
  const VersionPtr before = std::exchange(shown_, target);
  flag_text_.reset();
  const bool arrivals = newest_->counts().uid_next != newest->counts().uid_next;
  newest_ = std::move(newest);
  if (!was_holding && holds_expunges()) safe_modseq_ = told_modseq;
  if (before == target) {
    if (owes_flags()) co_return co_await tell_held_flags(out, enabled, skip);
    co_return !out.failed();
  }

  const mailstore::Delta delta = mailstore::difference(*before, *target);
  if (before->keyword_table() != target->keyword_table() &&
      before->keywords() != target->keywords()) {
    append_flags_response(out.buffer());
  }
  if (!delta.expunged.empty() && !co_await tell_expunged(out, delta, enabled)) co_return false;
  const std::size_t left = delta.exists_before - delta.expunged.size();
  if (delta.exists_after != left) {
    out.append("* ");
    imap::append_number(out.buffer(), delta.exists_after);
    out.append(" EXISTS\r\n");
    // RFC 9051 Appendix E 12: \Recent and RECENT are gone for those who enabled rev2.
    if (!enabled.rev2) {
      if (arrivals) claim_recent();
      out.append("* ");
      imap::append_number(out.buffer(), recent_count());
      out.append(" RECENT\r\n");
    }
  }
  if (flags_ == Flags::kHold) {
    // What the caller tells is not held back.
    const auto untold = [&](SeqNum seq) {
      const auto message = shown_->by_seq(seq);
      return message && (skip == nullptr || !skip->contains(message->row->uid));
    };
    if (!flags_held_since_ && std::any_of(delta.changed.begin(), delta.changed.end(), untold))
      flags_held_since_ = told_modseq;
    co_return !out.failed();
  }
  if (owes_flags()) co_return co_await tell_held_flags(out, enabled, skip);
  std::size_t told = 0;
  for (const SeqNum seq : delta.changed) {
    const auto message = shown_->by_seq(seq);
    if (!message || (skip != nullptr && skip->contains(message->row->uid))) continue;
    append_update(out.buffer(), *message, enabled);
    if (++told % kStride == 0) {
      if (out.full() && !co_await out.flush()) co_return false;
      co_await Yield{};
    }
  }
  co_return !out.failed();
}

task<bool> View::tell_held_flags(Output& out, const Enabled& enabled, const UidSet* skip) {
  const ModSeq since = *std::exchange(flags_held_since_, std::nullopt);
  const UidSet all = UidSet::range(1, UINT32_MAX);
  RowCursor cursor(all);
  while (true) {
    const auto rows = cursor.take(*shown_, kStride);
    if (rows.empty()) co_return !out.failed();
    for (const auto& message : rows) {
      if (message.row->modseq <= since) continue;
      if (skip != nullptr && skip->contains(message.row->uid)) continue;
      append_update(out.buffer(), message, enabled);
    }
    if (out.full() && !co_await out.flush()) co_return false;
    co_await Yield{};
  }
}

task<bool> View::tell_expunged(Output& out, const mailstore::Delta& delta, const Enabled& enabled) {
  if (enabled.vanished()) {
    out.append("* VANISHED ");
    const bool written = co_await out.write(delta.vanished.to_string());
    out.append("\r\n");
    co_return written;
  }
  // From the top down, so that each number means the same before and after the lines above it.
  std::size_t told = 0;
  for (std::size_t i = delta.expunged.size(); i-- > 0;) {
    out.append("* ");
    imap::append_number(out.buffer(), delta.expunged[i].value());
    out.append(" EXPUNGE\r\n");
    if (++told % kStride == 0 && out.full() && !co_await out.flush()) co_return false;
  }
  co_return !out.failed();
}

void View::append_flag_list(std::string& out) const {
  const std::size_t start = out.size();
  for (const NamedFlag& flag : kSystemFlags) append_word(out, flag.name, start);
  for (const std::string& keyword : shown_->keywords()) append_word(out, keyword, start);
}

void View::append_flags_response(std::string& out) const {
  out += "* FLAGS (";
  std::string list;
  append_flag_list(list);
  out += list;
  out += ")\r\n";
}

void View::append_flags(std::string& out, const MailboxVersion::MessageRef& message,
                        const Enabled& enabled) {
  out += "FLAGS ";
  flag_text_.append(out, *shown_, message, !enabled.rev2 && is_recent(message.row->uid));
}

void View::append_update(std::string& out, const MailboxVersion::MessageRef& message,
                         const Enabled& enabled) {
  append_fetch_head(out, message, enabled);
  if (enabled.uid_in_updates() && !enabled.uid_only) {
    out += "UID ";
    imap::append_number(out, message.row->uid.value());
    out += ' ';
  }
  append_flags(out, message, enabled);
  if (enabled.condstore) {
    out += " MODSEQ (";
    imap::append_number(out, message.row->modseq.value());
    out += ')';
  }
  out += ")\r\n";
}

std::vector<MailboxVersion::MessageRef> RowCursor::take(const MailboxVersion& version,
                                                        std::size_t limit) {
  std::vector<MailboxVersion::MessageRef> rows;
  const auto& intervals = uids_.intervals();
  while (rows.size() < limit && interval_ < intervals.size()) {
    next_ = std::max<std::uint64_t>(next_, intervals[interval_].first);
    if (next_ > intervals[interval_].last) {
      ++interval_;
      continue;
    }
    auto at = version.lower_bound(Uid(static_cast<std::uint32_t>(next_)));
    if (!at) {
      interval_ = intervals.size();
      break;
    }
    if (at->row->uid.value() > intervals[interval_].last) {
      // Skip to the interval that can hold it; each interval is passed once.
      next_ = at->row->uid.value();
      continue;
    }
    // Within a chunk the rows lie side by side.
    const mailstore::MessageRow* const end = at->chunk->rows().data() + at->chunk->size();
    std::uint32_t seq = at->seq.value();
    for (const auto* row = at->row; row != end && rows.size() < limit; ++row, ++seq) {
      if (row->uid.value() > intervals[interval_].last) break;
      rows.push_back({SeqNum(seq), row, at->chunk});
      next_ = std::uint64_t{row->uid.value()} + 1;
    }
  }
  return rows;
}

}  // namespace postern::session
