// What every verb takes, and how a verb ends.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "config/load.h"

namespace postern::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;

struct Common {
  config::Request request;  // --config, --set
  bool json = false;        // --json, where the verb prints data
};

enum class Prints { kNothing, kData };
// Adds --config and --set, and --json to a verb that prints data.
void add_common(CLI::App& verb, Common& common, Prints prints);

// The settings, or nullopt with the problems on stderr.
[[nodiscard]] std::optional<config::Loaded> load_settings(const Common& common);

// "postern: text" on stderr; returns kFailed.
int fail_with(const std::string& text);

}  // namespace postern::cli
