#include "delivery/connection.h"

#include "base/log.h"
#include "base/metrics.h"
#include "crypto/crypto.h"
#include "delivery/prepend.h"

namespace postern::delivery {
namespace {

using lmtp::Machine;

Counter delivered_total("postern_deliveries_total", "Messages offered over LMTP, by recipient.",
                        "result=\"ok\"");
Counter deferred_total("postern_deliveries_total", "Messages offered over LMTP, by recipient.",
                       "result=\"deferred\"");
Counter refused_total("postern_deliveries_total", "Messages offered over LMTP, by recipient.",
                      "result=\"refused\"");
Histogram delivery_seconds("postern_delivery_seconds",
                           "From the end of the data to the last recipient's answer.");

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr std::size_t kFlushAbove = 16 * 1024;

// The one place where an error becomes an LMTP reply (RFC 3463 codes).
std::string_view reply_for(const Error& error) {
  switch (error.code) {
    case Errc::kOverQuota:
      return "452 4.2.2 Mailbox is over quota";
    case Errc::kFull:
      return "452 4.3.1 No space left on the server";
    case Errc::kTooBig:
      return "552 5.3.4 Message is larger than this server accepts";
    case Errc::kNotFound:
      return "550 5.1.1 No such user";
    default:
      return "451 4.3.0 Try again later";
  }
}

void count(std::string_view reply) {
  (reply.front() == '2'   ? delivered_total
   : reply.front() == '4' ? deferred_total
                          : refused_total)
      .add();
}

}  // namespace

Connection::Connection(Service& service, Transport& transport, Signal& stop)
    : service_(service), transport_(transport), stop_(stop), machine_(service.settings_.lmtp) {}

TimePoint Connection::deadline() const {
  return service_.clock_.now() + service_.settings_.idle_timeout;
}

task<Result<void>> Connection::flush() {
  if (machine_.output().empty()) co_return Result<void>{};
  const std::string out = std::exchange(machine_.output(), {});
  co_return co_await transport_.write(out, deadline());
}

task<void> Connection::run() {
  machine_.output() = machine_.greeting();
  std::vector<char> buffer;
  for (;;) {
    if (!co_await flush()) co_return;
    Result<Transport::Wake> wake =
        co_await transport_.wait(machine_.in_message() ? nullptr : &stop_, deadline());
    if (!wake) co_return;
    if (*wake != Transport::Wake::kReadable) {
      const bool stopping = *wake == Transport::Wake::kSignal;
      machine_.output() =
          Machine::closing(service_.settings_.lmtp.hostname,
                           stopping ? "is shutting down, try again" : "waited too long");
      (void)co_await flush();
      co_await transport_.shutdown();
      co_return;
    }
    buffer.resize(kReadBuffer);
    const Result<std::size_t> got = co_await transport_.read(buffer, deadline());
    if (!got || *got == 0) co_return;
    std::string_view in(buffer.data(), *got);
    for (;;) {
      const Machine::Action action = machine_.feed(in);
      if (action == Machine::Action::kNeedMore) break;
      if (action == Machine::Action::kClose) {
        (void)co_await flush();
        co_await transport_.shutdown();
        co_return;
      }
      if (!co_await act(action)) co_return;
      if (machine_.output().size() > kFlushAbove && !co_await flush()) co_return;
    }
    if (writer_ == nullptr && spool_ == nullptr) buffer = {};  // an idle connection holds no buffer
  }
}

task<Result<void>> Connection::act(Machine::Action action) {
  switch (action) {
    case Machine::Action::kRecipient:
      machine_.recipient_done(decide_recipient());
      break;
    case Machine::Action::kBegin:
      co_await begin();
      break;
    case Machine::Action::kBytes:
      co_await receive(machine_.body());
      break;
    case Machine::Action::kAbort:
      drop();
      break;
    case Machine::Action::kEnd:
      co_await deliver();
      co_return co_await flush();
    case Machine::Action::kNeedMore:
    case Machine::Action::kClose:
      break;
  }
  co_return Result<void>{};
}

std::string Connection::decide_recipient() {
  const std::optional<auth::Directory::Recipient> found =
      service_.directory_.find_recipient(machine_.recipient());
  if (!found) {
    refused_total.add();
    return "550 5.1.1 No such user";
  }
  if (found->account->disabled) {
    deferred_total.add();
    return "450 4.2.1 Mailbox is disabled for now";
  }
  // Recipients of a transaction that was reset are gone from the machine: follow its count.
  targets_.resize(machine_.envelope().recipients.size());
  targets_.push_back({found->account, machine_.recipient()});
  return "250 2.1.5 Ok";
}

task<void> Connection::begin() {
  drop();
  targets_.resize(machine_.envelope().recipients.size());
  std::uint8_t bytes[9];
  service_.random_.fill(bytes);
  id_ = crypto::to_hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
  if (targets_.size() == 1) {
    const Result<void> opened = co_await open(targets_.front());
    if (!opened) failed_ = opened.error();
    co_return;
  }
  spool_ =
      std::make_unique<Spool>(service_.settings_.spool_directory, service_.pool_, service_.random_);
}

task<void> Connection::receive(std::string_view octets) {
  size_ += octets.size();
  if (failed_) co_return;
  std::string filtered;
  filter_.feed(octets, filtered);
  const Result<void> kept =
      spool_ ? co_await spool_->append(filtered) : co_await writer_->append(filtered);
  if (!kept) failed_ = kept.error();
}

task<Result<void>> Connection::open(const Target& target) {
  POSTERN_CO_TRY(account_, co_await service_.store_.open_account(target.account->id));
  POSTERN_CO_TRY(writer_, account_->begin_message(0));
  const DeliveryFacts facts{.recipient = target.address,
                            .hostname = service_.settings_.lmtp.hostname,
                            .peer = transport_.peer().address,
                            .id = id_,
                            .unix_seconds = service_.clock_.unix_seconds()};
  const std::string header = prepended_header(machine_.envelope(), facts);
  co_return co_await writer_->append(header);
}

task<void> Connection::deliver() {
  const TimePoint began = service_.clock_.now();
  std::string tail;
  filter_.finish(tail);
  if (!failed_ && !tail.empty()) {
    const Result<void> kept =
        spool_ ? co_await spool_->append(tail) : co_await writer_->append(tail);
    if (!kept) failed_ = kept.error();
  }
  if (!failed_ && spool_) {
    const Result<void> kept = co_await spool_->finish();
    if (!kept) failed_ = kept.error();
  }
  std::vector<std::string> replies;
  std::size_t accepted = 0;
  for (const Target& target : targets_) {
    // Many recipients of a large message may outlast the time a stop gives: the rest is tried
    // again.
    if (spool_ && !failed_ && service_.hurry_.load(std::memory_order_relaxed))
      failed_ = Error{Errc::kUnavailable, "stopping", {}};
    std::string reply(failed_ ? reply_for(*failed_) : "");
    if (!failed_) reply = spool_ ? co_await deliver_spooled(target) : co_await store();
    count(reply);
    if (reply.front() == '2') {
      ++accepted;
      reply += " as " + id_;
    }
    replies.push_back(std::move(reply));
  }
  const double seconds = std::chrono::duration<double>(service_.clock_.now() - began).count();
  delivery_seconds.observe(seconds);
  if (failed_ && failed_->code != Errc::kOverQuota) {
    log_warn("delivery_failed",
             {{"id", id_}, {"error", to_string(failed_->code)}, {"detail", failed_->detail}});
  }
  log_info("delivery",
           {{"id", id_},
            {"peer", transport_.peer().address},
            {"bytes", size_},
            {"recipients", targets_.size()},
            {"delivered", accepted},
            {"first_account", targets_.empty() ? 0 : targets_.front().account->id.value()},
            {"seconds", seconds}});
  drop();
  targets_.clear();
  machine_.delivered(replies);
}

task<std::string> Connection::deliver_spooled(const Target& target) {
  const Result<void> opened = co_await open(target);
  if (!opened) co_return std::string(reply_for(opened.error()));
  for (std::uint64_t index = 0;; ++index) {
    const Result<std::string> piece = co_await spool_->piece(index);
    if (!piece) co_return std::string(reply_for(piece.error()));
    if (piece->empty()) break;
    if (service_.hurry_.load(std::memory_order_relaxed)) co_return std::string(reply_for(Error{}));
    const Result<void> kept = co_await writer_->append(*piece);
    if (!kept) co_return std::string(reply_for(kept.error()));
  }
  co_return co_await store();
}

task<std::string> Connection::store() {
  const auto writer = std::move(writer_);
  const auto account = std::move(account_);
  Result<mailstore::StagedMessage> staged = co_await writer->finish();
  if (!staged) co_return std::string(reply_for(staged.error()));
  const mailstore::FoldersPtr folders = account->folders();
  const mailstore::Folder* const inbox = folders->find("INBOX");
  if (inbox == nullptr || !inbox->exists()) co_return "451 4.3.0 INBOX is missing";
  std::vector<mailstore::NewMessage> messages;
  // RFC 9979 §4: one of the two, set at delivery.
  const std::string keyword = staged->has_attachment() ? "$hasattachment" : "$hasnoattachment";
  messages.push_back({.staged = std::move(*staged),
                      .keywords = {keyword},
                      .internal_date = service_.clock_.unix_seconds()});
  const Result<mailstore::AppendResult> stored =
      co_await account->append(inbox->id, std::move(messages));
  if (!stored) {
    if (stored.error().code != Errc::kOverQuota) {
      log_warn("delivery_failed", {{"id", id_},
                                   {"account", account->id().value()},
                                   {"error", to_string(stored.error().code)},
                                   {"detail", stored.error().detail}});
    }
    co_return std::string(reply_for(stored.error()));
  }
  co_return "250 2.0.0 Delivered";
}

void Connection::drop() {
  writer_.reset();
  account_.reset();
  spool_.reset();
  failed_.reset();
  filter_ = HeaderFilter{};
  size_ = 0;
}

}  // namespace postern::delivery
