#include "search/records.h"

#include <utility>

namespace postern::search {
namespace {

bool spoils_one_message(Errc code) {
  return code == Errc::kCorrupt || code == Errc::kNotFound || code == Errc::kExpunged;
}

}  // namespace

task<Result<std::vector<std::optional<mime::MessageInfo>>>> read_records(
    mailstore::Account& account, std::vector<EmailId> emails) {
  std::vector<std::optional<mime::MessageInfo>> result;
  result.reserve(emails.size());
  auto all = co_await account.read_info(emails);
  if (all.has_value()) {
    for (mailstore::StoredMessage& message : *all) result.emplace_back(std::move(message.info));
    co_return result;
  }
  if (!spoils_one_message(all.error().code)) co_return std::unexpected(std::move(all.error()));
  for (const EmailId email : emails) {
    std::vector<EmailId> alone;
    alone.push_back(email);
    auto one = co_await account.read_info(std::move(alone));
    if (one.has_value()) {
      result.emplace_back(std::move(one->front().info));
    } else if (spoils_one_message(one.error().code)) {
      result.emplace_back(std::nullopt);
    } else {
      co_return std::unexpected(std::move(one.error()));
    }
  }
  co_return result;
}

}  // namespace postern::search
