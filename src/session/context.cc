#include "session/context.h"

#include <utility>

#include "imap/encoder.h"

namespace postern::session {

Context::Context(Services& the_services, Transport& the_transport)
    : services(the_services),
      settings(the_services.settings),
      transport(the_transport),
      entry(the_services.registry.enter(the_transport)),
      out(the_transport, the_services.clock, *entry, settings->limits.stall),
      in(the_transport, the_services.clock, out, *entry, settings->limits.stall),
      pace(the_services.clock),
      started(the_services.clock.now()) {
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

void Context::unselect() {
  view.reset();
  updates.clear();
  saved_result = {};
  answered_batches.reset();
  if (state == State::kSelected) state = State::kAuthenticated;
  services.registry.set_mailbox(entry, {});
}

task<bool> Context::sync(View::Expunges expunges, const UidSet* skip) {
  if (view == nullptr) co_return !closing();
  const MailboxId id = view->handle().id;
  const auto counts = account().status(id);
  if (!counts) {
    if (counts.error().code == Errc::kNotFound) {
      close_with("The selected mailbox was deleted.", "mailbox_deleted");
    } else {
      close_with("The mail store is not available now.", "store_unavailable");
    }
    co_return false;
  }
  const bool release = expunges == View::Expunges::kTell && view->holds_expunges();
  if (!release && counts->highest_modseq == view->newest()->counts().highest_modseq &&
      counts->uid_next == view->newest()->counts().uid_next) {
    co_return true;
  }
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
  co_return true;
}

task<bool> Context::sync_metadata() {
  if (!enabled.metadata && !enabled.metadata_server) metadata.stop();
  if (!metadata.running()) co_return !out.failed();
  const auto scope = enabled.metadata ? MetadataView::Scope::kAll : MetadataView::Scope::kServer;
  co_return co_await metadata.tell(out, principal, scope, enabled.utf8_names());
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
  // RFC 5267 §4.3.4: REMOVEFROM by number comes before the EXPUNGE that makes it mean another;
  // and §4.3.3: ADDTO by number after the EXISTS that gives it a meaning.
  if (!co_await updates.tell_expunged(*this, delta.vanished)) co_return false;
  if (!co_await view->tell(out, newest, expunges, enabled, skip)) co_return false;
  co_return co_await updates.tell_changed(*this, std::move(newest), std::move(changed),
                                          std::move(ends));
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
  if (!enabled.qresync || view == nullptr || !view->holds_expunges()) return;
  append_modseq("Expunges are on hold.");
}

std::expected<UidSet, Reply> Context::resolve(const imap::NumberSet& set,
                                              imap::Addressing by) const {
  if (set.is_saved_result()) return saved_result;
  if (by == imap::Addressing::kUid) return set.resolve<Uid>(shown().last_uid().value());
  const SeqSet seqs = set.resolve<SeqNum>(shown().exists());
  // "*" counts as a number beyond the end while the mailbox is empty.
  if (seqs.empty() || seqs.max().value() > shown().exists()) {
    return std::unexpected(Reply::bad("There is no message with that sequence number."));
  }
  return shown().uids_of(seqs);
}

}  // namespace postern::session
