// load_text(): whatever the file says, there is either a list of problems or settings that print as
// a file which loads as the same settings.
#include <cstdint>
#include <cstdlib>

#include "config/load.h"
#include "config/parse_value.h"

namespace {

postern::config::Environment environment() {
  postern::config::Environment env;
  env.variable = [](const char*) { return std::optional<std::string>(); };
  env.hostname = "host";
  env.home = "/home/user";
  env.folder = "/";
  return env;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Environment env = environment();
  (void)load_text("", "", {std::string(text)}, env);
  if (const auto bytes = parse_size(text); bytes && parse_size(show_size(*bytes)) != *bytes)
    std::abort();
  (void)parse_time(text);

  const auto loaded = load_text(text, "/f.toml", {}, env);
  if (!loaded.has_value()) {
    if (loaded.error().empty()) std::abort();
    return 0;
  }
  std::string again;
  for (const Setting& setting : settings_table()) {
    again += std::string(setting.key) + " = " + setting.show(loaded->settings) + "\n";
  }
  const auto second = load_text(again, "/f.toml", {}, env);
  if (!second.has_value() || !changed_settings(loaded->settings, second->settings).empty())
    std::abort();
  return 0;
}
