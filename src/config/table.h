// The settings table: one row a key, which is its parser, its defaults and its documentation at
// once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "config/value.h"

namespace postern::config {

enum class Reload : std::uint8_t { kOnHup, kOnRestart };

struct Setting {
  std::string_view key;   // "server.hostname"
  std::string_view type;  // for people: "text", "size" ...
  // TOML. {hostname}, {state_dir} and {data_dir} are filled in when the defaults are taken.
  std::string_view fallback;        // with a file that lacks the key
  std::string_view local_fallback;  // with no file at all; "" = the same
  Reload reload;
  std::string_view help;  // one paragraph of Markdown

  // Error: what is wrong with the value, in plain words. Relative paths count from `folder`.
  std::function<Result<void>(Settings&, const Value&, const std::string& folder)> set;
  // The value as TOML that set() reads back.
  std::function<std::string(const Settings&)> show;
};

// In the order of the documentation; server.data_dir before what refers to it.
[[nodiscard]] const std::vector<Setting>& settings_table();
[[nodiscard]] const Setting* find_setting(std::string_view key);
// The known key or section that `key` was probably meant to be; "" when nothing is near.
[[nodiscard]] std::string_view suggest_key(std::string_view key);
// Keys whose values differ.
[[nodiscard]] std::vector<const Setting*> changed_settings(const Settings& a, const Settings& b);
// docs/configuration.md, made from the table.
[[nodiscard]] std::string render_reference();

}  // namespace postern::config
