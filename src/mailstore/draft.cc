#include "mailstore/draft.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "mailstore/keys.h"

namespace postern::mailstore {

Effect& AccountImpl::Draft::touch(const MailboxPtr& mailbox) {
  for (Effect& effect : pending_->effects) {
    if (effect.mailbox == mailbox) return effect;
  }
  pending_->effects.push_back(Effect{.mailbox = mailbox, .after = mailbox->head});
  return pending_->effects.back();
}

void AccountImpl::Draft::put(std::string key, std::string_view plain) {
  std::string sealed = account_.vault_->seal(key, plain);
  pending_->batch.puts.emplace_back(std::move(key), std::move(sealed));
}

Result<ModSeq> AccountImpl::Draft::log(const MailboxPtr& mailbox, LogRecord record) {
  Effect& effect = touch(mailbox);
  Header& header = effect.after.header;
  const ModSeq modseq(header.counts.highest_modseq.value() + 1);
  if (effect.after.version) {
    VersionEditor editor(*effect.after.version);
    POSTERN_CHECK_OK(editor.apply(record, modseq, effect.after.keywords->size()));
    effect.after.version = editor.build(effect.after.keywords);
    header.counts = effect.after.version->counts();
  } else {
    // Without its rows a mailbox only ever gains some.
    for (const auto& section : record.sections)
      count_added(header.counts, std::get<AddSection>(section));
    header.counts.highest_modseq = modseq;
  }
  const std::string bytes = encode_log_record(record);
  ++header.log_records;
  header.log_bytes += bytes.size();
  put(keys::of_modseq(keys::kLog, mailbox->id, modseq), bytes);
  effect.record = std::move(record);
  return modseq;
}

Result<FlagSet> AccountImpl::Draft::intern(const MailboxPtr& mailbox, std::uint8_t system,
                                           const std::vector<std::string>& keywords,
                                           Unknown unknown) {
  FlagSet flags;
  flags.system = system;
  if (keywords.empty()) return flags;
  Effect& effect = touch(mailbox);
  for (const std::string& keyword : keywords) {
    const auto& table = *effect.after.keywords;
    const auto at = std::find_if(table.begin(), table.end(),
                                 [&](const auto& name) { return iequals(name, keyword); });
    if (at != table.end()) {
      flags.keywords.set(static_cast<std::size_t>(at - table.begin()));
      continue;
    }
    if (unknown == Unknown::kSkip) continue;
    if (keyword.empty()) return fail(Errc::kInvalid, "empty keyword");
    if (keyword.size() > kMaxKeywordOctets) return fail(Errc::kLimit, "keyword too long");
    if (table.size() >= kMaxKeywords) return fail(Errc::kLimit, "too many keywords in the mailbox");
    flags.keywords.set(table.size());
    auto grown = std::make_shared<std::vector<std::string>>(table);
    grown->push_back(keyword);
    effect.after.keywords = std::move(grown);
    effect.names_keywords = true;
  }
  return flags;
}

Result<void> AccountImpl::Draft::charge(std::uint64_t bytes, std::uint64_t messages) {
  Counters& counters = pending_->counters;
  if (!Usage::within(counters.used_bytes, bytes, counters.limit_bytes) ||
      !Usage::within(counters.used_messages, messages, counters.limit_messages)) {
    return fail(Errc::kOverQuota, "account quota");
  }
  counters.used_bytes += bytes;
  counters.used_messages += messages;
  return {};
}

Result<void> AccountImpl::Draft::charge_mailboxes() {
  const std::uint64_t made = pending_->counters.next_mailbox - before_.next_mailbox;
  // What makes none is not refused, however low the limit was set.
  if (made != 0 &&
      !Usage::within(account_.names_head_.mailboxes(), made, pending_->counters.limit_mailboxes)) {
    return fail(Errc::kOverQuota, "account quota");
  }
  return {};
}

void AccountImpl::Draft::release(Release release) {
  release.when = account_.clock_.unix_seconds();
  put(keys::of_number(keys::kRelease, pending_->counters.next_release++), encode_release(release));
}

bool AccountImpl::Draft::annotate(MailboxId mailbox, MetadataEntriesPtr entries) {
  static const MetadataEntries kNone;
  const MetadataEntriesPtr before = account_.metadata_head_.find(mailbox);
  const MetadataEntries& from = before ? *before : kNone;
  const MetadataEntries& to = entries ? *entries : kNone;
  const auto key = [&](const std::string& entry) {
    return keys::metadata(mailbox, account_.vault_->name_tag(entry));
  };
  bool changed = false;
  for (const auto& [entry, value] : to) {
    const auto old = from.find(entry);
    if (old != from.end() && (old->second == value || *old->second == *value)) continue;
    put(key(entry), encode_metadata({entry, *value}));
    changed = true;
  }
  for (const auto& [entry, value] : from) {
    if (to.contains(entry)) continue;
    pending_->batch.deletes.push_back(key(entry));
    changed = true;
  }
  // What writes nothing is no change: nobody is told of it.
  if (changed) pending_->metadata.emplace_back(mailbox, std::move(entries));
  return changed;
}

void AccountImpl::Draft::rename(NameChanges changes, Naming naming) {
  for (const NameChange& change : changes) {
    if (!change.after || !change.after->exists() || account_.mailboxes_.contains(change.after->id))
      continue;
    auto mailbox = std::make_shared<Mailbox>();
    mailbox->id = change.after->id;
    mailbox->validity = change.after->uid_validity;
    Effect& effect = touch(mailbox);
    effect.after.exists = true;
    effect.after.keywords = std::make_shared<const std::vector<std::string>>();
    effect.after.version = std::make_shared<const MailboxVersion>(
        mailbox->validity, MailboxCounts{}, effect.after.keywords, std::vector<ChunkPtr>{});
  }
  pending_->names = std::move(changes);
  pending_->naming = std::move(naming);
}

void AccountImpl::Draft::put_mailbox(const Folder& folder, const KeywordsPtr& keywords) {
  put(keys::of_mailbox(keys::kMailbox, folder.id), encode_mailbox({folder, *keywords}));
}

void AccountImpl::Draft::write_names() {
  const Vault& vault = *account_.vault_;
  for (const NameChange& change : pending_->names) {
    const Folder* before = account_.names_head_.find(change.name);
    const std::string tag = keys::subscription(vault.name_tag(change.name));
    if (change.after && !change.after->exists()) {
      put(tag, change.name);
    } else if (before != nullptr && !before->exists()) {
      pending_->batch.deletes.push_back(tag);
    }
    if (!change.after || !change.after->exists()) continue;
    KeywordsPtr keywords;
    for (const Effect& effect : pending_->effects) {
      if (effect.mailbox->id == change.after->id) keywords = effect.after.keywords;
    }
    if (!keywords) keywords = account_.find(change.after->id)->head.keywords;
    put_mailbox(*change.after, keywords);
  }
  for (const Effect& effect : pending_->effects) {
    if (!effect.names_keywords || !effect.after.exists) continue;
    const Folder* folder = account_.names_head_.find(effect.mailbox->id);
    // A mailbox that this change makes was written above, with its keywords.
    if (folder != nullptr) put_mailbox(*folder, effect.after.keywords);
  }
}

PendingPtr AccountImpl::Draft::submit(engine::Engine::Urgency urgency) {
  pending_->urgency = urgency;
  write_names();
  for (const Effect& effect : pending_->effects) {
    const MailboxId id = effect.mailbox->id;
    if (!effect.after.exists) {
      pending_->batch.deletes.push_back(keys::of_mailbox(keys::kMailbox, id));
      pending_->batch.deletes.push_back(keys::of_mailbox(keys::kHeader, id));
      continue;
    }
    Header header = effect.after.header;
    header.recent = effect.mailbox->recent;
    put(keys::of_mailbox(keys::kHeader, id), encode_header(header));
  }
  if (pending_->counters != before_)
    put(keys::plain(keys::kCounters), encode_counters(pending_->counters));
  account_.submit(pending_);
  return pending_;
}

}  // namespace postern::mailstore
