// config check, config show, and the hidden config reference.
#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "app/certificates.h"
#include "app/master_key.h"
#include "app/privileges.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "config/table.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

// What a setting shows as TOML, as JSON.
json::value to_json(const config::Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return *number;
  if (const auto* text = std::get_if<std::string>(&value.data)) return json::value(*text);
  if (const auto* list = std::get_if<config::Value::List>(&value.data)) {
    json::array out;
    for (const config::Value& item : *list) out.push_back(to_json(item));
    return out;
  }
  json::object out;
  if (const auto* table = std::get_if<config::Value::Table>(&value.data)) {
    for (const config::Value::Entry& entry : *table) out[entry.key] = to_json(entry.value);
  }
  return out;
}

int check(const Common& common) {
  const auto loaded = load_settings(common);
  if (!loaded) return kFailed;
  const config::Settings& settings = loaded->settings;
  // What the start would find out by reading, without making anything.
  bool good = true;
  const auto note = [&](const auto& result) {
    if (result.has_value()) return;
    good = false;
    (void)fail_with(result.error().detail);
  };
  note(app::find_service_user(settings.server.user, settings.server.group));
  note(app::read_master_key(settings.storage.master_key));
  if (!settings.tls.certificates.empty())
    note(app::load_configured(settings, nullptr, system_clock()));
  if (!good) return kFailed;
  std::printf("%s: ok\n", loaded->file.empty() ? "no configuration file" : loaded->file.c_str());
  return kOk;
}

int show(const Common& common) {
  const auto loaded = load_settings(common);
  if (!loaded) return kFailed;
  const std::vector<config::Setting>& table = config::settings_table();
  json::object all;
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string value = table[i].show(loaded->settings);
    if (common.json) {
      all[table[i].key] = json::object{{"value", to_json(config::parse_toml_value(value))},
                                       {"origin", loaded->origins[i]}};
    } else {
      std::printf("%s = %s  # %s\n", std::string(table[i].key).c_str(), value.c_str(),
                  loaded->origins[i].c_str());
    }
  }
  if (common.json) std::puts(json::serialize(all).c_str());
  return kOk;
}

}  // namespace

void add_config(CLI::App& app, int& code) {
  CLI::App* verb = app.add_subcommand("config", "Look at the configuration without starting");
  verb->require_subcommand(1);
  auto common = std::make_shared<Common>();
  CLI::App* check_verb =
      verb->add_subcommand("check", "Say what is wrong with the configuration, with line numbers");
  add_common(*check_verb, *common, Prints::kNothing);
  check_verb->callback([common, &code] { code = check(*common); });
  CLI::App* show_verb = verb->add_subcommand("show", "Print every setting with its origin");
  add_common(*show_verb, *common, Prints::kData);
  show_verb->callback([common, &code] { code = show(*common); });
  CLI::App* reference = verb->add_subcommand("reference", "Print docs/configuration.md");
  reference->group("");  // not in the help
  reference->callback([&code] {
    std::fputs(config::render_reference().c_str(), stdout);
    code = kOk;
  });
}

}  // namespace postern::cli
