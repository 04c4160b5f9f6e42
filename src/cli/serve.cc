#include "app/serve.h"

#include <memory>

#include "cli/options.h"
#include "cli/verbs.h"

namespace postern::cli {

void add_serve(CLI::App& app, int& code) {
  CLI::App* verb = app.add_subcommand("serve", "Run the server in the foreground");
  auto common = std::make_shared<Common>();
  add_common(*verb, *common, Prints::kNothing);
  verb->callback([common, &code] { code = app::serve(common->request); });
}

}  // namespace postern::cli
