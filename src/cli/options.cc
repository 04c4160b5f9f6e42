#include "cli/options.h"

#include <cstdio>

namespace postern::cli {

void add_common(CLI::App& verb, Common& common, Prints prints) {
  verb.add_option(
          "--config", common.request.file,
          "Configuration file (default /etc/postern/postern.toml, else ./postern.toml, else none)")
      ->type_name("FILE");
  // One value an occurrence: a list such as [a, b] stays one value.
  verb.add_option("--set", common.request.sets, "Setting that goes over the file; repeatable")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (prints == Prints::kData) verb.add_flag("--json", common.json, "Print JSON");
}

std::optional<config::Loaded> load_settings(const Common& common) {
  auto loaded = config::load(common.request, config::system_environment());
  if (loaded.has_value()) return std::move(*loaded);
  std::fputs(config::format(loaded.error()).c_str(), stderr);
  return std::nullopt;
}

int fail_with(const std::string& text) {
  std::fprintf(stderr, "postern: %s\n", text.c_str());
  return kFailed;
}

}  // namespace postern::cli
