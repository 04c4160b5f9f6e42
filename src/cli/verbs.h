// The verbs. Each adds its sub-command; when that one was given, its callback sets `code`.
#pragma once

#include <CLI/CLI.hpp>

namespace postern::cli {

void add_serve(CLI::App& app, int& code);
void add_account(CLI::App& app, int& code);
void add_status(CLI::App& app, int& code);
void add_config(CLI::App& app, int& code);

}  // namespace postern::cli
