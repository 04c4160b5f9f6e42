#include "app/accounts.h"

#include <ctime>
#include <functional>
#include <optional>

#include "base/log.h"

namespace postern::app {
namespace {

namespace json = boost::json;

std::string rfc3339(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[32] = {};
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Result<std::string> text_of(const json::object& request, std::string_view key) {
  const json::value* value = request.if_contains(key);
  if (value == nullptr || !value->is_string()) {
    return fail(Errc::kInvalid, "\"" + std::string(key) + "\" must be a text");
  }
  return std::string(value->get_string());
}

Result<std::vector<std::string>> texts_of(const json::object& request, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* value = request.if_contains(key);
  if (value == nullptr) return texts;
  if (!value->is_array())
    return fail(Errc::kInvalid, "\"" + std::string(key) + "\" must be a list");
  for (const json::value& item : value->get_array()) {
    if (!item.is_string())
      return fail(Errc::kInvalid, "\"" + std::string(key) + "\" must hold texts");
    texts.emplace_back(item.get_string());
  }
  return texts;
}

// The limit under `key`, if it is given; 0 is none.
Result<void> take_limit(const json::object& request, std::string_view key, std::string_view of,
                        std::uint64_t& limit) {
  const json::value* value = request.if_contains(key);
  if (value == nullptr) return {};
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) {
    return fail(Errc::kInvalid,
                "\"" + std::string(key) + "\" must be a number of " + std::string(of));
  }
  limit = number;
  return {};
}

mailstore::Quota quota_of(const auth::AccountRecord& record) {
  return {record.quota, record.quota_messages, record.quota_mailboxes};
}

// What "add" and "set" share: the fields that are given replace those of the record.
Result<void> apply(const json::object& request, auth::AccountRecord& record) {
  if (request.contains("password_hash")) {
    POSTERN_TRY(record.password_hash, text_of(request, "password_hash"));
  }
  POSTERN_CHECK_OK(take_limit(request, "quota", "bytes", record.quota));
  POSTERN_CHECK_OK(take_limit(request, "quota_messages", "messages", record.quota_messages));
  POSTERN_CHECK_OK(take_limit(request, "quota_mailboxes", "mailboxes", record.quota_mailboxes));
  if (const json::value* disabled = request.if_contains("disabled")) {
    if (!disabled->is_bool()) return fail(Errc::kInvalid, "\"disabled\" must be true or false");
    record.disabled = disabled->get_bool();
  }
  if (request.contains("aliases")) {
    POSTERN_TRY(record.aliases, texts_of(request, "aliases"));
  }
  POSTERN_TRY(const std::vector<std::string> more, texts_of(request, "add_aliases"));
  record.aliases.insert(record.aliases.end(), more.begin(), more.end());
  POSTERN_TRY(const std::vector<std::string> fewer, texts_of(request, "remove_aliases"));
  for (const std::string& alias : fewer) {
    POSTERN_TRY(const std::string name, auth::canonical_address(alias));
    if (std::erase(record.aliases, name) == 0) {
      return fail(Errc::kNotFound, record.address + " has no alias " + name);
    }
  }
  return {};
}

std::string_view advice(Errc code) {
  switch (code) {
    case Errc::kFull:
      return "the disk is full; nothing was changed";
    case Errc::kUnavailable:
      return "the store does not take changes at the moment; nothing was changed";
    case Errc::kUnknownOutcome:
      return "it is not known whether the change was kept; look with `account show`";
    default:
      return "";
  }
}

}  // namespace

Accounts::Accounts(mailstore::MailStore& store, auth::Directory& directory,
                   std::function<void(AccountId)> on_locked_out)
    : store_(store), directory_(directory), on_locked_out_(std::move(on_locked_out)) {}

task<Result<json::object>> Accounts::call(std::string verb, json::object arguments) {
  Result<json::object> result = co_await run(std::move(verb), std::move(arguments));
  if (!result.has_value()) {
    Error& error = result.error();
    if (const std::string_view hint = advice(error.code); !hint.empty()) {
      error.detail += (error.detail.empty() ? "" : ": ") + std::string(hint);
    }
    if (error.detail.empty()) error.detail = to_string(error.code);
  }
  co_return result;
}

void Accounts::add_to(http::AdminVerbs& verbs) {
  for (const char* verb :
       {"account.add", "account.set", "account.list", "account.show", "account.remove"}) {
    verbs.add(verb,
              [this, verb](json::object arguments) { return call(verb, std::move(arguments)); });
  }
}

task<Result<json::object>> Accounts::run(std::string verb, json::object arguments) {
  if (verb == "account.list") co_return co_await list();
  if (verb == "account.add") co_return co_await add(std::move(arguments));
  if (verb == "account.set") co_return co_await set(std::move(arguments));
  if (verb != "account.show" && verb != "account.remove")
    co_return fail(Errc::kNotFound, "unknown verb " + verb);

  POSTERN_CO_TRY(const std::string address, text_of(arguments, "address"));
  auth::RecordPtr record = directory_.find_login(address);
  if (!record) co_return fail(Errc::kNotFound, "there is no account " + address);
  if (verb == "account.remove") co_return co_await remove(std::move(record));
  json::object answer;
  answer["account"] = co_await describe(std::move(record));
  co_return answer;
}

task<Result<json::object>> Accounts::add(json::object arguments) {
  auth::AccountRecord record;
  POSTERN_CO_TRY(record.address, text_of(arguments, "address"));
  const auto name = auth::canonical_address(record.address);
  if (!name.has_value()) {
    co_return fail(
        Errc::kInvalid,
        "\"" + record.address + "\" is no address of the form name@domain: " + name.error().detail);
  }
  POSTERN_CO_CHECK_OK(apply(arguments, record));
  if (directory_.find_login(record.address))
    co_return fail(Errc::kAlreadyExists, record.address + " exists already");

  // The mailboxes first: a record in the directory always has them. What a crash in between leaves
  // has an id that no record names and that is never given again.
  record.id = directory_.next_id();
  const AccountId id = record.id;
  POSTERN_CO_CHECK_OK(co_await store_.create_account(id, quota_of(record)));
  Result<auth::RecordPtr> added = co_await directory_.add(std::move(record));
  if (!added.has_value()) {
    if (added.error().code != Errc::kUnknownOutcome) (void)co_await store_.destroy_account(id);
    co_return std::unexpected(added.error());
  }
  log_info("account_added", {{"account", id.value()}});
  json::object answer;
  answer["account"] = co_await describe(std::move(*added));
  co_return answer;
}

task<Result<json::object>> Accounts::set(json::object arguments) {
  POSTERN_CO_TRY(const std::string address, text_of(arguments, "address"));
  const auth::RecordPtr found = directory_.find_login(address);
  if (!found) co_return fail(Errc::kNotFound, "there is no account " + address);
  const AccountId id = found->id;
  // What the turn of this change found; the edit is over before update() returns.
  bool password = false;
  auto edit = [&](auth::AccountRecord& record) -> Result<void> {
    const std::string before = record.password_hash;
    POSTERN_CHECK_OK(apply(arguments, record));
    password = record.password_hash != before;
    return {};
  };
  POSTERN_CO_TRY(auth::RecordPtr after, co_await directory_.update(id, std::ref(edit)));
  if (password || after->disabled) on_locked_out_(id);
  log_info("account_changed",
           {{"account", id.value()}, {"password", password}, {"disabled", after->disabled}});
  if (arguments.contains("quota") || arguments.contains("quota_messages") ||
      arguments.contains("quota_mailboxes")) {
    POSTERN_CO_CHECK_OK(co_await enforce_quota(id));
  }
  json::object answer;
  answer["account"] = co_await describe(std::move(after));
  co_return answer;
}

// Until the mailboxes have the quota that the directory has after it: of two changes that overlap,
// the one that comes here last may have been the first there.
task<Result<void>> Accounts::enforce_quota(AccountId id) {
  const auto failed = [](const Error& error) {
    return fail(Errc::kIo, "the change is kept, but the quota is not in force yet (" +
                               std::string(to_string(error.code)) +
                               "); run the same command again");
  };
  const auto account = co_await store_.open_account(id);
  if (!account.has_value()) co_return failed(account.error());
  std::optional<mailstore::Quota> set;
  for (auth::RecordPtr now = directory_.find(id); now && quota_of(*now) != set;
       now = directory_.find(id)) {
    const mailstore::Quota limit = quota_of(*now);
    const Result<void> done = co_await (*account)->set_quota(limit);
    if (!done.has_value()) co_return failed(done.error());
    set = limit;
  }
  co_return Result<void>{};
}

task<Result<json::object>> Accounts::remove(auth::RecordPtr record) {
  // Disabled first, destroyed, forgotten last: whatever step fails, the same verb can be run again.
  POSTERN_CO_CHECK_OK(co_await directory_.update(record->id, [](auth::AccountRecord& current) {
    current.disabled = true;
    return Result<void>{};
  }));
  on_locked_out_(record->id);
  const Result<void> destroyed = co_await store_.destroy_account(record->id);
  if (!destroyed.has_value() && destroyed.error().code != Errc::kNotFound) {
    co_return std::unexpected(destroyed.error());
  }
  POSTERN_CO_CHECK_OK(co_await directory_.remove(record->id));
  log_info("account_removed", {{"account", record->id.value()}});
  co_return json::object();
}

task<Result<json::object>> Accounts::list() {
  json::array accounts;
  for (auth::RecordPtr& record : directory_.list()) {
    json::object one = co_await describe(std::move(record));
    accounts.push_back(std::move(one));
  }
  json::object answer;
  answer["accounts"] = std::move(accounts);
  co_return answer;
}

task<json::object> Accounts::describe(auth::RecordPtr record) {
  json::object out;
  out["address"] = record->address;
  out["aliases"] = json::value_from(record->aliases);
  out["quota"] = record->quota;
  out["quota_messages"] = record->quota_messages;
  out["quota_mailboxes"] = record->quota_mailboxes;
  // An account that does not open is described all the same: this is how its owner is found.
  const Result<std::shared_ptr<mailstore::Account>> account =
      co_await store_.open_account(record->id);
  if (account.has_value()) {
    const mailstore::Account::Usage usage = (*account)->usage();
    out["used"] = usage.bytes;
    out["used_messages"] = usage.messages;
    out["used_mailboxes"] = usage.mailboxes;
  } else {
    out["used"] = out["used_messages"] = out["used_mailboxes"] = nullptr;
  }
  out["disabled"] = record->disabled;
  out["created"] = rfc3339(record->created);
  co_return out;
}

}  // namespace postern::app
