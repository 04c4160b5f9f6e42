// account add, list, show, set, remove, import.
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>

#include "auth/password.h"
#include "base/ascii.h"
#include "cli/account_call.h"
#include "cli/import_lines.h"
#include "cli/options.h"
#include "cli/password_input.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "config/parse_value.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

struct AccountOptions : Common {
  std::string address;
  bool password = false, password_stdin = false;
  std::string quota, quota_messages, quota_mailboxes;
  std::vector<std::string> aliases, remove_aliases;
  bool disable = false, enable = false, yes = false;
  std::string file;
};

// Opens, asks once, prints.
int run(const AccountOptions& options, std::string_view verb, const json::object& request,
        const std::string& done) {
  const auto loaded = load_settings(options);
  if (!loaded) return kFailed;
  const auto accounts = AccountCall::open(loaded->settings);
  if (!accounts.has_value()) return fail_with(accounts.error().detail);
  const auto answer = (*accounts)->call(verb, request);
  if (!answer.has_value()) return fail_with(answer.error().detail);

  const json::value* one = answer->if_contains("account");
  const json::value* all = answer->if_contains("accounts");
  if (options.json) {
    std::puts(json::serialize(one != nullptr   ? *one
                              : all != nullptr ? *all
                                               : json::value(*answer))
                  .c_str());
  } else if (!done.empty()) {
    std::puts(done.c_str());
  } else if (all != nullptr && all->is_array()) {
    std::fputs(account_table(all->get_array()).c_str(), stdout);
  } else if (one != nullptr && one->is_object()) {
    std::fputs(account_details(one->get_object()).c_str(), stdout);
  }
  return kOk;
}

// Hashed here, so that the password never leaves this process.
Result<void> add_password(const AccountOptions& options, json::object& request) {
  POSTERN_TRY(const crypto::Secret password,
              options.password_stdin ? read_password_line(STDIN_FILENO) : ask_password_twice());
  POSTERN_TRY(const std::string hash, auth::hash_password(password, {}));
  request["password_hash"] = hash;
  return {};
}

Result<void> add_count(const std::string& text, std::string_view key, json::object& request) {
  if (text.empty()) return {};
  const auto count =
      text == "none" ? std::optional<std::uint64_t>(0) : parse_decimal<std::uint64_t>(text);
  if (!count || (*count == 0 && text != "none"))
    return fail(Errc::kInvalid, "\"" + text + "\" is no number from 1 on; none means no limit");
  request[key] = *count;
  return {};
}

Result<void> add_quota(const AccountOptions& options, json::object& request) {
  POSTERN_CHECK_OK(add_count(options.quota_messages, "quota_messages", request));
  POSTERN_CHECK_OK(add_count(options.quota_mailboxes, "quota_mailboxes", request));
  if (options.quota.empty()) return {};
  if (options.quota == "none") {
    request["quota"] = 0;
    return {};
  }
  POSTERN_TRY(const std::uint64_t bytes, config::parse_size(options.quota));
  request["quota"] = bytes;
  return {};
}

int add(const AccountOptions& options) {
  json::object request{{"address", options.address}};
  if (const auto quota = add_quota(options, request); !quota.has_value())
    return fail_with(quota.error().detail);
  if (!options.aliases.empty()) request["aliases"] = json::value_from(options.aliases);
  if (options.disable) request["disabled"] = true;
  if (const auto password = add_password(options, request); !password.has_value()) {
    return fail_with(password.error().detail);
  }
  return run(options, "account.add", request, "added " + options.address);
}

int set(const AccountOptions& options) {
  json::object request{{"address", options.address}};
  if (const auto quota = add_quota(options, request); !quota.has_value())
    return fail_with(quota.error().detail);
  if (!options.aliases.empty()) request["add_aliases"] = json::value_from(options.aliases);
  if (!options.remove_aliases.empty())
    request["remove_aliases"] = json::value_from(options.remove_aliases);
  if (options.disable) request["disabled"] = true;
  if (options.enable) request["disabled"] = false;
  if (options.password || options.password_stdin) {
    if (const auto password = add_password(options, request); !password.has_value()) {
      return fail_with(password.error().detail);
    }
  }
  if (request.size() == 1) {
    std::fputs("postern: nothing to set; see postern account set --help\n", stderr);
    return kWrongUsage;
  }
  return run(options, "account.set", request, "changed " + options.address);
}

int remove(const AccountOptions& options) {
  if (!options.yes) {
    std::fprintf(stderr,
                 "postern: this destroys the account and all its mail for good; add --yes if that "
                 "is meant\n");
    return kWrongUsage;
  }
  return run(options, "account.remove", {{"address", options.address}},
             "removed " + options.address);
}

int import(const AccountOptions& options) {
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file);
    if (!file) return fail_with(options.file + " cannot be read");
  }
  std::istream& in = options.file == "-" ? std::cin : file;
  const auto loaded = load_settings(options);
  if (!loaded) return kFailed;
  const auto accounts = AccountCall::open(loaded->settings);
  if (!accounts.has_value()) return fail_with(accounts.error().detail);

  std::size_t added = 0, failed = 0, number = 0;
  std::string line;
  while (std::getline(in, line)) {
    ++number;
    const auto entry = parse_import_line(line);
    Result<void> result;
    if (!entry.has_value()) {
      result = std::unexpected(entry.error());
    } else if (!entry->has_value()) {
      continue;
    } else {
      const auto answer = (*accounts)->call(
          "account.add",
          {{"address", (*entry)->address}, {"password_hash", (*entry)->password_hash}});
      if (!answer.has_value()) result = std::unexpected(answer.error());
    }
    if (result.has_value()) {
      ++added;
    } else {
      ++failed;
      std::fprintf(stderr, "%s:%zu: %s\n", options.file.c_str(), number,
                   result.error().detail.c_str());
    }
  }
  if (in.bad()) return fail_with(options.file + " cannot be read to its end");
  if (options.json) {
    std::puts(json::serialize(json::object{{"added", added}, {"failed", failed}}).c_str());
  } else {
    std::printf("added %zu accounts, %zu lines failed\n", added, failed);
  }
  return failed == 0 ? kOk : kFailed;
}

void add_address(CLI::App& verb, AccountOptions& options) {
  verb.add_option("address", options.address, "The account's address, which is also its login name")
      ->type_name("ADDRESS")
      ->required();
}

void add_account_fields(CLI::App& verb, AccountOptions& options) {
  verb.add_flag("--password-stdin", options.password_stdin,
                "Take the password from one line of standard input");
  verb.add_option("--quota", options.quota, "Space for mail, as in 5G; none for no limit")
      ->type_name("SIZE");
  verb.add_option("--quota-messages", options.quota_messages, "Messages at most; none for no limit")
      ->type_name("NUMBER");
  verb.add_option("--quota-mailboxes", options.quota_mailboxes,
                  "Mailboxes at most; none for no limit")
      ->type_name("NUMBER");
  verb.add_option("--alias", options.aliases, "Another address that receives; repeatable")
      ->type_name("ADDRESS")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_account(CLI::App& app, int& code) {
  CLI::App* verb =
      app.add_subcommand("account", "Accounts, while the server runs and while it does not");
  verb->require_subcommand(1);
  auto options = std::make_shared<AccountOptions>();
  const auto add_verb = [&](const char* name, const char* help, auto body) {
    CLI::App* sub = verb->add_subcommand(name, help);
    add_common(*sub, *options, Prints::kData);
    sub->callback([options, body, &code] { code = body(*options); });
    return sub;
  };

  CLI::App* add_app = add_verb("add", "Add an account", add);
  add_address(*add_app, *options);
  add_account_fields(*add_app, *options);
  add_app->add_flag("--disable", options->disable, "Nobody can sign in, mail is put off");

  add_verb("list", "List all accounts",
           [](const AccountOptions& o) { return run(o, "account.list", {}, ""); });

  CLI::App* show_app = add_verb("show", "Show one account", [](const AccountOptions& o) {
    return run(o, "account.show", {{"address", o.address}}, "");
  });
  add_address(*show_app, *options);

  CLI::App* set_app = add_verb("set", "Change an account", set);
  add_address(*set_app, *options);
  add_account_fields(*set_app, *options);
  set_app->add_flag("--password", options->password, "Ask for a new password");
  set_app->add_option("--remove-alias", options->remove_aliases, "Take an alias away; repeatable")
      ->type_name("ADDRESS")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* disable =
      set_app->add_flag("--disable", options->disable, "Nobody can sign in, mail is put off");
  set_app->add_flag("--enable", options->enable, "Undo --disable")->excludes(disable);

  CLI::App* remove_app = add_verb("remove", "Destroy an account and its mail", remove);
  add_address(*remove_app, *options);
  remove_app->add_flag("--yes", options->yes, "Yes, destroy it");

  CLI::App* import_app =
      add_verb("import", "Add accounts from lines of ADDRESS and password hash", import);
  import_app->add_option("file", options->file, "The file; - for standard input")
      ->type_name("FILE")
      ->required();
}

}  // namespace postern::cli
