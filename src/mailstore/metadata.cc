#include "mailstore/metadata.h"

namespace postern::mailstore {

MetadataEntriesPtr Metadata::find(MailboxId mailbox) const {
  const auto at = mailboxes_.find(mailbox);
  return at == mailboxes_.end() ? nullptr : at->second;
}

std::size_t Metadata::octets_of(const MetadataEntriesPtr& entries) {
  std::size_t octets = 0;
  if (!entries) return octets;
  for (const auto& [name, value] : *entries) octets += name.size() + value->size();
  return octets;
}

Result<MetadataEntriesPtr> Metadata::plan_set(MailboxId mailbox,
                                              const std::vector<MetadataChange>& changes) const {
  const MetadataEntriesPtr before = find(mailbox);
  MetadataEntries after = before ? *before : MetadataEntries();
  bool grows = false;
  for (const MetadataChange& change : changes) {
    if (!change.value) {
      after.erase(change.entry);
      continue;
    }
    if (change.entry.size() > kMaxMetadataEntry) return fail(Errc::kLimit, "entry name too long");
    if (change.value->size() > kMaxMetadataValue) return fail(Errc::kTooBig, "value too large");
    grows = true;
    after[change.entry] = std::make_shared<const std::string>(*change.value);
  }
  if (after.size() > kMaxMetadataEntries) return fail(Errc::kLimit, "too many entries");
  auto entries = std::make_shared<const MetadataEntries>(std::move(after));
  if (grows && octets_ - octets_of(before) + octets_of(entries) > kMaxMetadataOctets) {
    return fail(Errc::kLimit, "too many octets of metadata");
  }
  return entries->empty() ? MetadataEntriesPtr() : MetadataEntriesPtr(std::move(entries));
}

Result<MetadataEntriesPtr> Metadata::plan_copy(MailboxId from) const {
  MetadataEntriesPtr entries = find(from);
  if (octets_ + octets_of(entries) > kMaxMetadataOctets)
    return fail(Errc::kLimit, "too many octets of metadata");
  return entries;
}

void Metadata::apply(const MetadataEffects& effects) {
  for (const auto& [mailbox, entries] : effects) {
    octets_ -= octets_of(find(mailbox));
    octets_ += octets_of(entries);
    if (entries) {
      mailboxes_[mailbox] = entries;
    } else {
      mailboxes_.erase(mailbox);
    }
  }
}

}  // namespace postern::mailstore
