// Messages in and out: streaming a body in, structure records, ranges of bodies.
#include <algorithm>
#include <utility>

#include "mailstore/account_impl.h"
#include "mailstore/keys.h"
#include "mime/parser.h"

namespace postern::mailstore {
namespace {

// Locators kept in memory: a client that reads a body in pieces asks for the same one over and
// over.
constexpr std::size_t kLocators = 1024;
constexpr std::size_t kRebuildStep = 16 * kBodyChunk;

class Writer final : public MessageWriter {
 public:
  Writer(std::shared_ptr<AccountImpl> account, const Vault& vault,
         std::unique_ptr<engine::BlobWriter> blob, std::uint64_t max_size)
      : account_(std::move(account)),
        blob_(std::move(blob)),
        sealer_(vault, blob_->id()),
        max_size_(max_size) {}

  task<Result<void>> append(std::string_view bytes) override {
    if (sealer_.size() + bytes.size() > max_size_) co_return fail(Errc::kTooBig, "message");
    parser_.feed(bytes);
    const std::string sealed = sealer_.append(bytes);
    if (sealed.empty()) co_return Result<void>{};
    co_return co_await blob_->append(sealed);
  }

  task<Result<StagedMessage>> finish() override {
    const std::string sealed = sealer_.finish();
    POSTERN_CO_CHECK_OK(co_await blob_->append(sealed));
    POSTERN_CO_CHECK_OK(co_await blob_->finish());
    auto impl = std::make_unique<StagedMessage::Impl>();
    impl->account = account_->id();
    impl->locator = {blob_->id(), sealer_.size()};
    impl->blob = std::move(blob_);
    impl->info = mime::encode_info(parser_.finish());
    impl->attachment = parser_.has_attachment();
    co_return StagedMessage(std::move(impl));
  }

 private:
  std::shared_ptr<AccountImpl> account_;  // keeps the keys while a client is still sending
  std::unique_ptr<engine::BlobWriter> blob_;
  BodySealer sealer_;
  mime::MessageParser parser_;
  std::uint64_t max_size_;
};

Result<StoredMessage> decode_stored(const Vault& vault, std::string_view key,
                                    const std::optional<std::string>& value) {
  if (!value) return fail(Errc::kCorrupt, "record " + keys::printable(key) + ": missing");
  POSTERN_TRY(const std::string plain, vault.open(key, *value));
  POSTERN_TRY(mime::MessageInfo info, mime::decode_info(plain));
  StoredMessage message;
  message.size = info.size;
  message.info = std::move(info);
  return message;
}

}  // namespace

StagedMessage::StagedMessage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StagedMessage::~StagedMessage() = default;
StagedMessage::StagedMessage(StagedMessage&&) noexcept = default;
StagedMessage& StagedMessage::operator=(StagedMessage&&) noexcept = default;
std::uint64_t StagedMessage::size() const {
  return impl_->locator.size;
}
bool StagedMessage::has_attachment() const {
  return impl_->attachment;
}

Result<std::unique_ptr<MessageWriter>> AccountImpl::begin_message(std::uint64_t size_hint) {
  if (size_hint > settings_.max_message_size) return fail(Errc::kTooBig, "message");
  {
    const MutexLock lock(mutex_);
    POSTERN_CHECK_OK(check_alive());
    // Early, so that the client keeps its bytes; append() has the last word.
    if (counters_head_.limit_bytes != 0 &&
        counters_head_.used_bytes + size_hint > counters_head_.limit_bytes) {
      return fail(Errc::kOverQuota, "account quota");
    }
  }
  POSTERN_TRY(auto blob, engine_.create_blob(id(), vault_->new_blob_id(), size_hint));
  return std::make_unique<Writer>(shared_from_this(), *vault_, std::move(blob),
                                  settings_.max_message_size);
}

task<Result<BodyLocator>> AccountImpl::locate(EmailId email) {
  const auto cached = [this, email]() -> std::optional<BodyLocator> {
    const MutexLock lock(mutex_);
    const auto at = locators_.find(email);
    if (at == locators_.end()) return std::nullopt;
    return at->second;
  };
  if (const auto locator = cached()) co_return *locator;
  const std::string key = keys::of_number(keys::kBody, email.value());
  POSTERN_CO_TRY(const auto values, co_await engine_.get(id(), {key}));
  if (!values[0]) co_return fail(Errc::kExpunged, "the message is gone");
  POSTERN_CO_TRY(const BodyLocator locator, vault_->open_locator(key, *values[0]));
  const auto keep = [&] {
    const MutexLock lock(mutex_);
    if (locators_.size() >= kLocators) locators_.clear();
    locators_.emplace(email, locator);
  };
  keep();
  co_return locator;
}

task<Result<std::string>> AccountImpl::read_body(EmailId email, std::uint64_t offset,
                                                 std::size_t length) {
  POSTERN_CO_TRY(const BodyLocator locator, co_await locate(email));
  const BodyRange range = body_range(locator.size, offset, length);
  if (range.length == 0) co_return std::string();
  auto sealed =
      co_await engine_.read_blob(id(), locator.blob, range.blob_offset, range.blob_length);
  if (!sealed) {
    const Errc code =
        sealed.error().code == Errc::kNotFound ? Errc::kExpunged : sealed.error().code;
    co_return fail(code, sealed.error().detail);
  }
  auto plain = open_body(*vault_, locator, range, *sealed);
  if (!plain) {
    co_return fail(plain.error().code,
                   "email " + std::to_string(email.value()) + ": " + plain.error().detail);
  }
  co_return std::move(*plain);
}

task<Result<StoredMessage>> AccountImpl::rebuild_info(EmailId email) {
  POSTERN_CO_TRY(const BodyLocator locator, co_await locate(email));
  mime::MessageParser parser;
  for (std::uint64_t at = 0; at < locator.size;) {
    POSTERN_CO_TRY(const std::string piece, co_await read_body(email, at, kRebuildStep));
    parser.feed(piece);
    at += piece.size();
  }
  StoredMessage message;
  message.info = parser.finish();
  message.size = message.info.size;
  co_return message;
}

// The records of `wanted`, in its order. Emails that came in together lie together, and walking
// them is several times cheaper than finding each: a stretch that is mostly wanted is scanned.
task<Result<std::vector<std::optional<std::string>>>> AccountImpl::read_records(
    const std::vector<EmailId>& emails, const std::vector<std::string>& wanted) {
  const auto [least, greatest] = std::minmax_element(emails.begin(), emails.end());
  constexpr std::size_t kWorthAScan = 8;
  const std::uint64_t span = emails.empty() ? 0 : greatest->value() - least->value();
  if (emails.size() < kWorthAScan || span >= 2 * emails.size()) {
    co_return co_await engine_.get(id(), wanted);
  }
  POSTERN_CO_TRY(std::vector<engine::Item> items,
                 co_await engine_.scan(id(), keys::of_number(keys::kInfo, least->value()),
                                       keys::of_number(keys::kInfo, greatest->value() + 1), 0));
  std::vector<std::optional<std::string>> values(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = std::lower_bound(
        items.begin(), items.end(), wanted[i],
        [](const engine::Item& item, const std::string& key) { return item.key < key; });
    if (at != items.end() && at->key == wanted[i]) values[i] = at->value;  // copies: ids may repeat
  }
  co_return values;
}

task<Result<std::vector<StoredMessage>>> AccountImpl::read_info(std::vector<EmailId> emails) {
  std::vector<std::string> wanted;
  wanted.reserve(emails.size());
  for (const EmailId email : emails) wanted.push_back(keys::of_number(keys::kInfo, email.value()));
  POSTERN_CO_TRY(const auto values, co_await read_records(emails, wanted));
  std::vector<StoredMessage> messages;
  messages.reserve(emails.size());
  for (std::size_t i = 0; i < emails.size(); ++i) {
    auto message = decode_stored(*vault_, wanted[i], values[i]);
    if (!message) {
      POSTERN_CO_TRY(StoredMessage rebuilt, co_await rebuild_info(emails[i]));
      messages.push_back(std::move(rebuilt));
      continue;
    }
    messages.push_back(std::move(*message));
  }
  co_return messages;
}

}  // namespace postern::mailstore
