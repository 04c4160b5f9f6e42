// postern <verb>: exit code 0 ok, 1 failed, 2 wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "app/version.h"
#include "base/log.h"
#include "cli/options.h"
#include "cli/verbs.h"

int main(int argc, char** argv) {
  using namespace postern::cli;
  CLI::App app("Postern: an IMAP server", "postern");
  app.set_version_flag("--version", "postern " + std::string(postern::app::kVersion));
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return "postern: " + std::string(error.what()) +
           "\nRun postern --help, or postern <verb> --help.\n";
  });
  // A verb's own log: what a person must know, as text. serve sets what its configuration says.
  postern::set_log(postern::LogFormat::kText, postern::LogLevel::kWarn);

  int code = kOk;
  add_serve(app, code);
  add_account(app, code);
  add_status(app, code);
  add_config(app, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto given = [&](const CLI::App* verb) { return verb->get_name() == argv[1]; };
    if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(given).empty()) {
      std::fprintf(stderr, "postern: unknown verb \"%s\"; postern --help lists them\n", argv[1]);
      return kWrongUsage;
    }
    // --help and --version end here, too, with exit code 0.
    return app.exit(error) == 0 ? kOk : kWrongUsage;
  }
  return code;
}
