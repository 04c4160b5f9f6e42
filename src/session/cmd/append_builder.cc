#include "session/cmd/append_builder.h"

#include <utility>

#include "imap/encoder.h"
#include "imap/imap_url.h"
#include "session/cmd/catenate.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

Reply reply_for(Errc code) {
  return session::reply_for(Error{code, {}, {}});
}

// RFC 4469 §4.1
Reply bad_url(std::string_view url) {
  return Reply::no("BADURL " + imap::to_response_text(url), "That URL names no octets here.");
}

// RFC 3502 §6.3.11: nothing is no message; this is how a client takes the command back.
Reply cancelled() {
  return Reply::no({}, "A message of no octets; nothing was appended.");
}

std::string append_uid(const mailstore::AppendResult& result) {
  std::string code = "APPENDUID ";
  imap::append_number(code, result.uid_validity.value());
  code += ' ';
  code += result.uids.to_string();
  return code;
}

}  // namespace

AppendBuilder::AppendBuilder(Context& context, const imap::AppendArgs& args)
    : context_(context), args_(args) {}

AppendBuilder::~AppendBuilder() {
  give_back_twin();
}

task<std::optional<Reply>> AppendBuilder::go_on() {
  if (args_.messages.empty()) co_return std::nullopt;  // the mailbox name is still to come
  if (!target_) {
    if (auto refused = co_await open()) co_return refused;
  }
  for (; message_ < args_.messages.size(); ++message_) {
    const imap::AppendMessage& message = args_.messages[message_];
    if (!begun_) {
      if (auto refused = begin_message(message)) co_return refused;
    }
    for (; part_ < message.parts.size(); ++part_) {
      const imap::AppendPart& part = message.parts[part_];
      std::optional<Reply> refused;
      if (part.kind == imap::AppendPart::Kind::kUrl) {
        refused = co_await copy_url(part.url);
      } else {
        refused = expect_octets(message, part);
        if (!refused) co_await find_twin();
      }
      if (refused) co_return refused;
    }
    if (!message.complete) break;
    if (auto refused = co_await end_message(message)) co_return refused;
  }
  co_return std::nullopt;
}

task<std::optional<Reply>> AppendBuilder::open() {
  if (args_.replaces) {
    auto replaced = co_await find_replaced();
    if (!replaced) co_return std::move(replaced.error());
    replaced_ = *replaced;
  }
  auto target = open_target(context_.principal, args_.mailbox);
  if (!target) co_return session::reply_for(target.error());
  // One commit is one account's.
  if (replaced_ && target->account != context_.view->handle().account)
    co_return reply_for(Errc::kCannot);
  target_ = std::move(*target);
  co_return std::nullopt;
}

task<std::expected<AppendBuilder::Replaced, Reply>> AppendBuilder::find_replaced() {
  using Out = std::expected<Replaced, Reply>;
  if (context_.view->read_only()) co_return Out(std::unexpect, reply_for(Errc::kReadOnly));
  const bool by_uid = args_.by == imap::Addressing::kUid;
  if (by_uid && !co_await context_.sync_arrivals())
    co_return Out(std::unexpect, reply_for(Errc::kUnavailable));
  auto uids = context_.resolve(*args_.replaces, args_.by);
  if (!uids) co_return Out(std::unexpect, std::move(uids.error()));
  const Uid uid = uids->empty() ? Uid(0) : uids->min();
  const auto message = uid.valid() ? context_.shown().by_uid(uid) : std::nullopt;
  // RFC 8508 §3.2: NO when the message cannot be removed; other UID commands pass over it.
  if (!message)
    co_return Out(std::unexpect, Reply::no("NONEXISTENT", "There is no message with that UID."));
  co_return Out(Replaced{uid, message->row->size});
}

std::optional<Reply> AppendBuilder::begin_message(const imap::AppendMessage& message) {
  auto flags = sort_flags(message.flags);
  if (!flags) return session::reply_for(flags.error());
  flags_ = std::move(*flags);
  begun_ = true;
  part_ = 0;
  octets_ = 0;
  return std::nullopt;
}

std::optional<Reply> AppendBuilder::expect_octets(const imap::AppendMessage& message,
                                                  const imap::AppendPart& part) {
  if (part.utf8 && !context_.enabled.utf8)
    return Reply::client_bug("ENABLE UTF8=ACCEPT comes before UTF8 data.");
  if (part.size == 0 && !message.catenate) return cancelled();
  return make_room(part.size);
}

// RFC 7889 §3, RFC 4469 §4.2: the limit is that of each message as it will be; the quota is what
// all of them take together.
std::optional<Reply> AppendBuilder::make_room(std::uint64_t octets) {
  const std::uint64_t most = context_.settings->max_message_size;
  if (octets > most || octets_ > most - octets) return reply_for(Errc::kTooBig);
  const std::uint64_t freed = replaced_ ? replaced_->size : 0;
  const std::uint64_t total = staged_octets_ + octets_ + octets;
  // A replacement takes the place of a message.
  const std::uint64_t more = replaced_ ? 0 : staged_.size() + 1;
  if (!target_->account->usage().fits(total > freed ? total - freed : 0, more))
    return reply_for(Errc::kOverQuota);
  octets_ += octets;
  if (writer_ != nullptr) return std::nullopt;
  auto writer = target_->account->begin_message(octets, freed);
  if (!writer) return session::reply_for(writer.error());
  writer_ = std::move(*writer);
  return std::nullopt;
}

task<std::optional<Reply>> AppendBuilder::write(std::string_view bytes) {
  co_await compare(bytes);
  const Result<void> kept = co_await writer_->append(bytes);
  if (kept) co_return std::nullopt;
  writer_.reset();
  co_return session::reply_for(kept.error());
}

std::optional<UnansweredAppend> AppendBuilder::pattern() const {
  const imap::AppendMessage& message = args_.messages.front();
  if (args_.replaces || args_.messages.size() != 1 || message.catenate) return std::nullopt;
  return UnansweredAppend{.account = target_->account->id(),
                          .mailbox = target_->id,
                          .flags = message.flags,
                          .date = message.date,
                          .size = message.parts.front().size,
                          .uid = {}};
}

task<void> AppendBuilder::find_twin() {
  const auto wanted = pattern();
  if (!wanted) co_return;
  auto found = context_.services.registry.unanswered().claim(*wanted);
  if (!found) co_return;
  const auto version = co_await target_->account->version(target_->id);
  const auto message = version ? (*version)->by_uid(found->uid) : std::nullopt;
  if (message) twin_ = Twin{std::move(*found), message->row->email};
}

task<void> AppendBuilder::compare(std::string_view bytes) {
  if (!twin_) co_return;
  const auto there = co_await target_->account->read_body(twin_->email, twin_->same, bytes.size());
  if (there && *there == bytes) {
    twin_->same += bytes.size();
  } else {
    give_back_twin();
  }
}

task<bool> AppendBuilder::twin_is_there() {
  if (!twin_ || !pattern() || twin_->same != twin_->append.size) co_return false;
  const auto version = co_await target_->account->version(target_->id);
  co_return version && (*version)->by_uid(twin_->append.uid).has_value();
}

void AppendBuilder::give_back_twin() {
  if (twin_) context_.services.registry.unanswered().add(std::move(twin_->append));
  twin_.reset();
}

task<std::optional<Reply>> AppendBuilder::copy_url(std::string url) {
  const auto refused = [&url](const Error& error) {
    const bool named = error.code == Errc::kInvalid || error.code == Errc::kNotFound ||
                       error.code == Errc::kExpunged;
    return named ? bad_url(url) : session::reply_for(error);
  };
  auto octets = co_await UrlOctets::open(context_, url);
  if (!octets) co_return refused(octets.error());
  url_octets_ += octets->size();
  if (url_octets_ > kMaxUrlMessages * context_.settings->max_message_size)
    co_return reply_for(Errc::kLimit);
  if (auto full = make_room(octets->size())) co_return full;
  while (true) {
    const auto piece = co_await octets->next();
    if (!piece) co_return refused(piece.error());
    if (piece->empty()) co_return std::nullopt;
    if (auto failed = co_await write(*piece)) co_return failed;
    if (context_.pace.due_now()) co_await context_.pace.yield();
    if (context_.entry->close_reason() != CloseReason::kNone)
      co_return reply_for(Errc::kUnavailable);
  }
}

task<std::optional<Reply>> AppendBuilder::end_message(const imap::AppendMessage& message) {
  if (octets_ == 0) co_return cancelled();
  auto staged = co_await writer_->finish();
  writer_.reset();
  if (!staged) co_return session::reply_for(staged.error());
  held_ += staged->held();
  if (held_ > kMaxHeld) co_return reply_for(Errc::kLimit);
  staged_octets_ += staged->size();
  mailstore::NewMessage added{std::move(*staged), flags_.system, std::move(flags_.keywords),
                              context_.services.clock.unix_seconds(), 0};
  if (message.date) {
    added.internal_date = message.date->unix_seconds;
    added.zone_minutes = message.date->zone_minutes;
  }
  staged_.push_back(std::move(added));
  begun_ = false;
  part_ = 0;
  co_return std::nullopt;
}

task<Reply> AppendBuilder::commit() {
  if (replaced_) co_return co_await commit_replace();
  Result<mailstore::AppendResult> appended;
  if (co_await twin_is_there()) {
    const Uid uid = twin_->append.uid;
    appended = mailstore::AppendResult{.uid_validity = target_->uid_validity,
                                       .uids = UidSet::range(uid.value(), uid.value()),
                                       .modseq = {}};
    twin_.reset();
  } else {
    appended = co_await target_->account->append(target_->id, std::move(staged_));
    if (appended) context_.made(target_->id, appended->uids);
  }
  if (!appended) co_return session::reply_for(appended.error());
  context_.appended = pattern();
  if (context_.appended) context_.appended->uid = appended->uids.min();
  // RFC 9051 §6.3.12, §6.3.9.7
  if (denormalized(args_.mailbox, target_->name))
    append_old_name(context_, target_->name, args_.mailbox);
  co_return Reply::okay(append_uid(*appended), "APPEND completed.");
}

task<Reply> AppendBuilder::commit_replace() {
  const auto appended = co_await target_->account->replace(
      context_.view->handle().id, replaced_->uid, target_->id, std::move(staged_.front()));
  if (!appended) co_return session::reply_for(appended.error());
  context_.made(target_->id, appended->uids);
  if (denormalized(args_.mailbox, target_->name))
    append_old_name(context_, target_->name, args_.mailbox);
  // RFC 8508 §4.3: APPENDUID goes ahead of the expunge, in an untagged OK.
  append_reply(context_.out.buffer(), {},
               Reply::okay(append_uid(*appended), "The replacement is there."));
  static_cast<void>(co_await context_.sync(View::Expunges::kTell));
  if (context_.enabled.condstore && context_.view != nullptr) {
    // RFC 8508 §4.5, RFC 7162 §3.2.7: as for UID EXPUNGE.
    std::string code = "HIGHESTMODSEQ ";
    imap::append_number(code, context_.view->newest()->counts().highest_modseq.value());
    co_return Reply::okay(std::move(code), "REPLACE completed.");
  }
  co_return Reply::okay("REPLACE completed.");
}

}  // namespace postern::session
