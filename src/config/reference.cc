// docs/configuration.md from the table.
#include "config/table.h"

namespace postern::config {
namespace {

constexpr std::string_view kHead = R"(# Configuration

One TOML file, all keys optional: `--config FILE`, else `/etc/postern/postern.toml`, else `./postern.toml`, else none.
`--set key.path=value` (repeatable) goes over the file; the value is TOML, and what is not TOML is a text; a list
replaces the list of the file. Relative paths count from the file's folder, without a file from the working directory.

Sizes take K, M and G (powers of 1,024), times take s, m, h and d. An unknown key, a wrong type or an unreadable file
stops the start and says where. `postern config check` looks without starting; `postern config show` prints every value
with its origin. SIGHUP reads the file again; a key that needs a restart keeps its value until then, and the log says so.

Without any file, the defaults are those of a try-out on one's own machine: loopback addresses, ports above 1024.

This page is made from the settings table (`src/config/table.cc`) by `postern config reference`.
)";

}  // namespace

std::string render_reference() {
  std::string out(kHead);
  std::string_view section;
  for (const Setting& setting : settings_table()) {
    const std::size_t dot = setting.key.find('.');
    if (setting.key.substr(0, dot) != section) {
      section = setting.key.substr(0, dot);
      out.append("\n## [").append(section).append("]\n");
    }
    out.append("\n### ").append(setting.key).append("\n");
    out.append(setting.help).append("\n\n");
    out.append("- type: ").append(setting.type).append("\n");
    out.append("- default: `").append(setting.fallback).append("`");
    if (!setting.local_fallback.empty())
      out.append("; without a file `").append(setting.local_fallback).append("`");
    out.append("\n- takes effect: ")
        .append(setting.reload == Reload::kOnHup ? "on SIGHUP" : "on restart")
        .append("\n");
  }
  return out;
}

}  // namespace postern::config
