#include "session/metadata_view.h"

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "base/quote.h"
#include "imap/encoder.h"
#include "imap/syntax.h"

namespace postern::session {

using mailstore::Metadata;
using mailstore::MetadataEntries;
using mailstore::MetadataEntriesPtr;
using mailstore::MetadataPtr;
using mailstore::MetadataValue;

void append_entry(std::string& out, std::string_view entry) {
  if (std::all_of(entry.begin(), entry.end(), imap::is_astring_char)) {
    out += entry;
  } else {
    append_string(out, entry);
  }
}

void MetadataView::start(MetadataPtr now) {
  if (!shown_) shown_ = std::move(now);
}

void MetadataView::note_own(MailboxId mailbox,
                            const std::vector<mailstore::MetadataChange>& changes) {
  if (!shown_) return;
  for (const mailstore::MetadataChange& change : changes) own_.push_back({mailbox, change});
}

bool MetadataView::is_own(MailboxId mailbox, std::string_view entry,
                          const MetadataValue& value) const {
  // The last word on an entry counts; what others made of it after that is theirs.
  const auto at = std::find_if(own_.rbegin(), own_.rend(), [&](const Own& own) {
    return own.mailbox == mailbox && own.change.entry == entry;
  });
  if (at == own_.rend()) return false;
  const auto& mine = at->change.value;
  return mine ? value && *value == *mine : !value;
}

std::vector<std::string_view> MetadataView::differences(MailboxId mailbox,
                                                        const MetadataEntriesPtr& before,
                                                        const MetadataEntriesPtr& after) const {
  static const MetadataEntries kNone;
  const MetadataEntries& from = before ? *before : kNone;
  const MetadataEntries& to = after ? *after : kNone;
  std::vector<std::string_view> names;
  for (const auto& [name, value] : to) {
    const auto old = from.find(name);
    const bool same = old != from.end() && (old->second == value || *old->second == *value);
    if (!same && !is_own(mailbox, name, value)) names.push_back(name);
  }
  for (const auto& [name, value] : from) {
    if (!to.contains(name) && !is_own(mailbox, name, nullptr)) names.push_back(name);
  }
  return names;
}

task<bool> MetadataView::tell(Output& out, const Principal& who, Wants wants, bool utf8_names) {
  if (!shown_) co_return !out.failed();
  const MetadataPtr now = who.account->metadata();
  if (now == shown_) co_return !out.failed();
  const MetadataPtr before = std::exchange(shown_, now);
  const mailstore::FoldersPtr folders = who.account->folders();

  std::vector<MailboxId> changed;
  const auto look = [&](const Metadata& one, const Metadata& other) {
    for (const auto& [mailbox, entries] : one.all()) {
      if (other.find(mailbox) != entries) changed.push_back(mailbox);
    }
  };
  look(*before, *now);
  look(*now, *before);
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());

  for (const MailboxId mailbox : changed) {
    const auto names = differences(mailbox, before->find(mailbox), now->find(mailbox));
    if (names.empty()) continue;
    std::string_view name;
    if (mailbox == mailstore::kServerMetadata) {
      if (!wants(nullptr)) continue;
    } else {
      const mailstore::Folder* folder = folders->find(mailbox);
      // Deleted meanwhile, its entries with it; or not for this reader (any more).
      if (folder == nullptr || !open_mailbox(who, folder->name, Right::kRead)) continue;
      if (!wants(folder)) continue;
      name = folder->name;
    }
    std::string& line = out.buffer();
    line += "* METADATA ";
    imap::append_mailbox(line, name, utf8_names);
    for (const std::string_view entry : names) {
      line += ' ';
      append_entry(line, entry);
    }
    line += "\r\n";
    if (out.full()) {
      if (!co_await out.flush()) co_return false;
      co_await Yield{};
    }
  }
  own_.clear();
  co_return !out.failed();
}

}  // namespace postern::session
