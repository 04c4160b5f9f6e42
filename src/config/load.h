// load(): from a TOML file, `--set` options and the environment to Settings, or to a list of what
// is wrong.
//
// All problems are found in one go, each with its place. Nothing is looked up beyond the file
// itself: whether certificates exist or ports are free is found out by whoever uses them.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "config/table.h"

namespace postern::config {

// What the machine says; replaced in tests.
struct Environment {
  std::function<std::optional<std::string>(const char*)> variable;
  std::string hostname;
  std::string home;    // of the user, "" when unknown
  std::string folder;  // the working directory
};
[[nodiscard]] Environment system_environment();

struct Request {
  std::string file;  // "" = /etc/postern/postern.toml, else ./postern.toml, else no file
  std::vector<std::string> sets;  // "key.path=value", later wins
};

struct Problem {
  std::string where;  // "postern.toml:3:7" or "--set server.drain"
  std::string text;
};
using Problems = std::vector<Problem>;

struct Loaded {
  Settings settings;
  std::string file;                  // "" = none
  std::vector<std::string> origins;  // as settings_table(): "default", "postern.toml:3", "--set"
};

[[nodiscard]] std::expected<Loaded, Problems> load(const Request& request,
                                                   const Environment& environment);
// The same with the text of the file given; `file` is its name, "" = no file.
[[nodiscard]] std::expected<Loaded, Problems> load_text(std::string_view text,
                                                        const std::string& file,
                                                        const std::vector<std::string>& sets,
                                                        const Environment& environment);

// One line a problem: "where: text".
[[nodiscard]] std::string format(const Problems& problems);

}  // namespace postern::config
