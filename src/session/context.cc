#include "session/context.h"

#include <utility>

#include "imap/encoder.h"
#include "session/handlers.h"

namespace postern::session {

Context::Context(Services& the_services, Transport& the_transport)
    : services(the_services),
      settings(the_services.settings),
      transport(the_transport),
      entry(the_services.registry.enter(the_transport)),
      out(the_transport, the_services.clock, *entry, settings->limits.stall),
      in(the_transport, the_services.clock, out, *entry, settings->limits.stall),
      pace(the_services.clock),
      notify(entry->wake),
      started(the_services.clock.now()) {
  expect_login();
}

void Context::expect_login() {
  login_due = services.clock.now() + settings->limits.time_to_authenticate;
  imap::FramerLimits limits = imap::FramerLimits::before_login();
  limits.literal_plus = !settings->literal_minus;
  in.framer().set_limits(limits);
}

void Context::close_with(std::string_view bye_text, std::string_view reason) {
  if (closing()) return;
  bye = bye_text;
  end_reason = reason;
}

task<void> Context::start_compression() {
  compress_next = false;
  if (!co_await out.flush()) co_return;
  compressed = std::make_unique<CompressedTransport>(transport);
  in.set_transport(*compressed);
  out.set_transport(*compressed);
}

task<void> Context::end_compression() {
  uncompress_next = false;
  if (!co_await out.flush()) co_return;
  // SECURITY: what came compressed behind the command would be read both ways.
  if (!in.ahead().empty()) close_with("Compression ends with UNAUTHENTICATE.", "protocol_error");
  compressed->end();
}

void Context::unselect() {
  view.reset();
  updates.clear();
  saved_result = {};
  answered_batches.reset();
  if (state == State::kSelected) state = State::kAuthenticated;
  services.registry.set_mailbox(entry, {});
}

void Context::unauthenticate() {
  unselect();
  enabled = {};
  metadata.stop();
  notify.reset();
  uncompress_next = compressed != nullptr && compressed->active();
  principal = {};
  state = State::kNotAuthenticated;
  services.registry.sign_out(entry);
  expect_login();
}

std::optional<mailstore::MailboxCounts> Context::selected_counts() {
  const auto counts = account().status(view->handle().id);
  if (counts) return *counts;
  if (counts.error().code == Errc::kNotFound) {
    close_with("The selected mailbox was deleted.", "mailbox_deleted");
  } else {
    close_with("The mail store is not available now.", "store_unavailable");
  }
  return std::nullopt;
}

task<bool> Context::sync(View::Expunges expunges, const UidSet* skip) {
  if (view == nullptr) co_return !closing();
  const auto counts = selected_counts();
  if (!counts) co_return false;
  const bool release = expunges == View::Expunges::kTell && view->holds_expunges();
  if (!release && !view->owes_flags() &&
      counts->highest_modseq == view->newest()->counts().highest_modseq &&
      counts->uid_next == view->newest()->counts().uid_next) {
    co_return co_await tell_arrivals();
  }
  const MailboxId id = view->handle().id;
  mailstore::VersionPtr newest = account().loaded_version(id);
  if (newest == nullptr) {
    auto loaded = co_await account().version(id);
    if (!loaded) {
      close_with("The mail store is not available now.", "store_unavailable");
      co_return false;
    }
    newest = std::move(*loaded);
  }
  if (!co_await tell(std::move(newest), expunges, skip)) co_return false;
  if (release && enabled.qresync) append_modseq("Nothing is on hold.");
  co_return co_await tell_arrivals();
}

task<bool> Context::tell_arrivals() {
  UidSet uids = view->take_arrivals();
  const UidSet brought = notify.take_brought();
  if (uids.empty() || notify.selected().fetch.empty()) co_return true;
  uids = uids.subtract(brought);
  // RFC 5465 §5.2: FETCH data follows the EXISTS.
  co_return uids.empty() || co_await fetch_arrivals(*this, uids);
}

task<bool> Context::sync_wanted(View::Expunges expunges) {
  if (view == nullptr) co_return !closing();
  const bool owed = notify.take_owed();
  if (!owed && !notify.selected().messages) co_return selected_counts().has_value();
  // RFC 5465 §3.1: NOTIFY SET itself returns all that has accumulated, whatever it asks for.
  if (owed) view->set_flags(View::Flags::kTell);
  const bool open = co_await sync(expunges);
  if (owed) apply_notify();
  co_return open;
}

void Context::made(MailboxId mailbox, const UidSet& arrived) {
  if (view != nullptr && view->handle().id == mailbox) {
    notify.brought(arrived);
  } else {
    notify.made(mailbox);
  }
}

void Context::apply_notify() {
  const SelectedRules& rules = notify.selected();
  enabled.flag_change = notify.active() && rules.flags;
  if (view != nullptr) view->set_flags(rules.flags ? View::Flags::kTell : View::Flags::kHold);
}

bool Context::wants_metadata(const mailstore::Folder* folder) const {
  if (notify.silent()) return false;
  if (enabled.metadata || (folder == nullptr && enabled.metadata_server)) return true;
  if (!notify.active()) return false;
  if (folder == nullptr) return notify.rules().watches_server();
  const std::uint8_t events = notify.rules().events_of(
      folder->name, folder->subscribed ? Subscribed::kYes : Subscribed::kNo);
  return (events & imap::kMailboxMetadataChange) != 0;
}

task<bool> Context::tell(mailstore::VersionPtr newest, View::Expunges expunges,
                         const UidSet* skip) {
  if (updates.empty())
    co_return co_await view->tell(out, std::move(newest), expunges, enabled, skip);
  const mailstore::VersionPtr before = view->shown();
  const mailstore::Delta delta = mailstore::difference(*before, *newest);
  UidSet changed;
  for (const SeqNum seq : delta.changed) changed.add(newest->by_seq(seq)->row->uid);
  UidSet ends;
  for (const Uid last : {before->last_uid(), newest->last_uid()}) {
    if (last.valid()) ends.add(last);
  }
  if (before->last_uid() < newest->last_uid())
    changed.add_interval(before->last_uid().value() + 1, newest->last_uid().value());
  // RFC 5267 §4.3.4: REMOVEFROM by number comes before the EXPUNGE that makes it mean another; and
  // §4.3.3: ADDTO by number after the EXISTS that gives it a meaning.
  if (!co_await updates.tell_expunged(*this, delta.vanished)) co_return false;
  if (!co_await view->tell(out, newest, expunges, enabled, skip)) co_return false;
  co_return co_await updates.tell_changed(*this, std::move(newest), std::move(changed),
                                          std::move(ends));
}

task<bool> Context::sync_metadata() {
  const bool by_notify = notify.active() && notify.rules().watches_metadata();
  if (!enabled.metadata && !enabled.metadata_server && !by_notify) metadata.stop();
  if (!metadata.running()) co_return !out.failed();
  const MetadataView::Wants wants = [this](const mailstore::Folder* folder) {
    return wants_metadata(folder);
  };
  co_return co_await metadata.tell(out, principal, wants, enabled.utf8_names());
}

task<bool> Context::sync_arrivals() {
  const auto counts = account().status(view->handle().id);
  if (counts && counts->uid_next == view->newest()->counts().uid_next) co_return true;
  co_return co_await sync(View::Expunges::kHold);
}

void Context::append_modseq(std::string_view text) {
  out.append("* OK [HIGHESTMODSEQ ");
  imap::append_number(out.buffer(), view->safe_modseq().value());
  out.append("] ");
  out.append(text);
  out.append("\r\n");
}

void Context::enable_condstore() {
  if (std::exchange(enabled.condstore, true)) return;
  if (view != nullptr) append_modseq("CONDSTORE is enabled.");
}

void Context::append_held_modseq() {
  if (!enabled.qresync || view == nullptr) return;
  if (view->holds_expunges()) {
    append_modseq("Expunges are on hold.");
  } else if (view->holds_flags()) {
    append_modseq("Changes of flags are on hold.");
  }
}

std::expected<UidSet, Reply> Context::resolve(const imap::NumberSet& set,
                                              imap::Addressing by) const {
  if (set.is_saved_result()) return saved_result;
  if (by == imap::Addressing::kUid) {
    // RFC 9051 §9 seq-number: without messages "*" is UIDNEXT, so that "n:*" still spans what
    // vanished.
    const Uid star = shown().exists() == 0 ? shown().counts().uid_next : shown().last_uid();
    return set.resolve<Uid>(star.value());
  }
  const SeqSet seqs = set.resolve<SeqNum>(shown().exists());
  // "*" counts as a number beyond the end while the mailbox is empty.
  if (seqs.empty() || seqs.max().value() > shown().exists()) {
    return std::unexpected(Reply::client_bug("There is no message with that sequence number."));
  }
  return shown().uids_of(seqs);
}

}  // namespace postern::session
