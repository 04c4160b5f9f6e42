#include "config/load.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace postern::config {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxFile = 1u << 20;  // LIMIT: a configuration is small

// Where data lives when nothing says so: systemd's directory, else the user's.
std::string state_dir(const Environment& environment) {
  if (const auto state = environment.variable("STATE_DIRECTORY"); state && !state->empty()) {
    return state->substr(0, state->find(':'));  // systemd gives several separated by ':'
  }
  // The base directory specification: a relative path there is ignored.
  if (const auto data = environment.variable("XDG_DATA_HOME"); data && data->starts_with('/')) {
    return (fs::path(*data) / "postern").string();
  }
  return (fs::path(environment.home.empty() ? "/" : environment.home) / ".local/share/postern")
      .string();
}

class Loader {
 public:
  Loader(const std::string& file, const Environment& environment)
      : file_(file), environment_(environment), given_(settings_table().size(), false) {
    loaded_.file = file;
    loaded_.origins.assign(settings_table().size(), "default");
    // Relative paths count from the file's folder, also in --set.
    const fs::path base(environment.folder);
    folder_ = file.empty() ? base.string() : (base / fs::path(file)).parent_path().string();
  }

  void take_file(std::string_view text) {
    const auto document = parse_toml(text);
    if (!document.has_value()) {
      problem(at(document.error().place), document.error().text);
      return;
    }
    take_table(std::get<Value::Table>(document->data), "");
  }

  void take_set(const std::string& option) {
    const std::size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    const std::string where = "--set " + key;
    if (equals == std::string::npos) return problem(where, "write --set key.path=value");
    const Setting* setting = find_setting(key);
    if (setting == nullptr) return unknown(where, key);
    const Value value = parse_toml_value(std::string_view(option).substr(equals + 1));
    // "1.3" without quotes is a number to TOML; for a text the words that were written count.
    Result<void> result = setting->set(loaded_.settings, value, folder_);
    if (!result.has_value() && !std::holds_alternative<std::string>(value.data)) {
      Value text;
      text.data = option.substr(equals + 1);
      if (setting->set(loaded_.settings, text, folder_).has_value()) result = {};
    }
    note(*setting, std::move(result), where, "--set");
  }

  std::expected<Loaded, Problems> finish() {
    take_defaults();
    check_together();
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(loaded_);
  }

 private:
  std::string at(Place place) const {
    std::string where = file_;
    if (place.line > 0)
      where += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
    return where;
  }
  void problem(std::string where, std::string text) {
    problems_.push_back({std::move(where), std::move(text)});
  }

  void unknown(std::string where, const std::string& key) {
    std::string text = "unknown key \"" + key + "\"";
    const std::string_view near = suggest_key(key);
    if (!near.empty()) text += "; did you mean \"" + std::string(near) + "\"?";
    problem(std::move(where), std::move(text));
  }

  void note(const Setting& setting, Result<void> result, std::string where, std::string origin) {
    const auto index = static_cast<std::size_t>(&setting - settings_table().data());
    given_[index] = true;
    loaded_.origins[index] = std::move(origin);
    if (!result.has_value())
      problem(std::move(where), std::string(setting.key) + ": " + result.error().detail);
  }

  static bool is_section(std::string_view key) {
    for (const Setting& setting : settings_table()) {
      if (setting.key.starts_with(key) && setting.key.substr(key.size()).starts_with('.'))
        return true;
    }
    return false;
  }

  // Recursion is bounded by the parser's nesting and the length of keys (config/toml_scan.h).
  void take_table(const Value::Table& table, const std::string& prefix) {
    for (const Value::Entry& entry : table) {
      const std::string key = prefix.empty() ? entry.key : prefix + "." + entry.key;
      if (const Setting* setting = find_setting(key)) {
        const std::string where = at(entry.value.place.line > 0 ? entry.value.place : entry.place);
        note(*setting, setting->set(loaded_.settings, entry.value, folder_), where,
             file_ + ":" + std::to_string(entry.place.line));
      } else if (const auto* inner = std::get_if<Value::Table>(&entry.value.data);
                 inner != nullptr && (is_section(key) || !inner->empty())) {
        take_table(*inner, key);
      } else if (!is_section(key)) {
        unknown(at(entry.place), key);
      } else {
        problem(at(entry.place),
                "\"" + key + "\" is a section, found " + std::string(entry.value.type_name()));
      }
    }
  }

  void take_defaults() {
    const std::vector<Setting>& table = settings_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
      if (given_[i]) continue;
      const bool local = file_.empty() && !table[i].local_fallback.empty();
      Value value = parse_toml_value(local ? table[i].local_fallback : table[i].fallback);
      if (auto* text = std::get_if<std::string>(&value.data)) fill_in(*text);
      const Result<void> result = table[i].set(loaded_.settings, value, folder_);
      // Only what the machine fills in can be wrong: a long home directory, an odd host name.
      if (!result.has_value())
        problem(std::string(table[i].key), "the default does not fit: " + result.error().detail);
    }
  }

  void fill_in(std::string& text) const {
    const auto replace = [&](std::string_view name, const std::string& with) {
      const std::size_t found = text.find(name);
      if (found != std::string::npos) text.replace(found, name.size(), with);
    };
    replace("{hostname}", environment_.hostname);
    replace("{state_dir}", state_dir(environment_));
    replace("{data_dir}", loaded_.settings.server.data_dir);
  }

  // Rules between keys.
  void check_together() {
    if (!problems_.empty()) return;
    const Settings& s = loaded_.settings;
    for (const Endpoint& endpoint : s.listen.lmtp) {
      if (!endpoint.loopback && s.lmtp.allow_remote.empty()) {
        problem("listen.lmtp",
                "\"" + endpoint.text +
                    "\" is not loopback, and LMTP asks for no password: name who may connect in "
                    "lmtp.allow_remote, as in [\"192.0.2.1/32\"]");
      }
    }
    std::vector<const Endpoint*> all;
    for (const auto* list : {&s.listen.imaps, &s.listen.lmtp, &s.listen.http, &s.listen.admin}) {
      for (const Endpoint& endpoint : *list) {
        for (const Endpoint* other : all) {
          if (other->text == endpoint.text && (endpoint.is_unix() || endpoint.port != 0)) {
            problem("listen", "\"" + endpoint.text + "\" is given to two listeners");
          }
        }
        all.push_back(&endpoint);
      }
    }
    if (s.listen.imaps.empty() && s.listen.lmtp.empty()) {
      problem("listen",
              "neither listen.imaps nor listen.lmtp names an address: there is nothing to serve");
    }
  }

  const std::string file_;
  const Environment& environment_;
  std::string folder_;
  std::vector<bool> given_;
  Loaded loaded_;
  Problems problems_;
};

std::unexpected<Problems> cannot_read(const std::string& file, std::string why) {
  return std::unexpected(Problems{{file, "cannot be read: " + std::move(why)}});
}

}  // namespace

Environment system_environment() {
  Environment environment;
  environment.variable = [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  char name[256] = {};
  environment.hostname =
      gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
  if (const auto home = environment.variable("HOME"); home && home->starts_with('/')) {
    environment.home = *home;
  } else if (const passwd* user = getpwuid(geteuid()); user != nullptr && user->pw_dir != nullptr) {
    environment.home = user->pw_dir;
  }
  std::error_code error;
  environment.folder = fs::current_path(error).string();
  return environment;
}

std::expected<Loaded, Problems> load_text(std::string_view text, const std::string& file,
                                          const std::vector<std::string>& sets,
                                          const Environment& environment) {
  Loader loader(file, environment);
  if (!file.empty()) loader.take_file(text);
  for (const std::string& set : sets) loader.take_set(set);
  return loader.finish();
}

std::expected<Loaded, Problems> load(const Request& request, const Environment& environment) {
  std::string file = request.file;
  if (file.empty()) {
    for (const fs::path& candidate :
         {fs::path("/etc/postern/postern.toml"), fs::path(environment.folder) / "postern.toml"}) {
      struct stat info{};
      // Only what is not there is passed over: a file that may not be read stops the start.
      if (stat(candidate.c_str(), &info) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
        file = candidate.string();
        break;
      }
    }
  }
  if (file.empty()) return load_text({}, {}, request.sets, environment);

  std::error_code error;
  if (fs::is_directory(file, error)) return cannot_read(file, "it is a directory");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return cannot_read(file, std::generic_category().message(errno));
  std::string text(kMaxFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return cannot_read(file, std::generic_category().message(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxFile) return cannot_read(file, "it is larger than 1 MiB");
  return load_text(text, file, request.sets, environment);
}

std::string format(const Problems& problems) {
  std::string out;
  for (const Problem& problem : problems) out += problem.where + ": " + problem.text + "\n";
  return out;
}

}  // namespace postern::config
