// Store: the opened data directory, as `serve` and the account verbs use it: engine, mail,
// directory.
#pragma once

#include <memory>
#include <optional>

#include "app/privileges.h"
#include "auth/directory.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "config/settings.h"
#include "crypto/secret.h"
#include "engine/engine.h"
#include "mailstore/mailstore.h"

namespace postern::app {

struct Store {
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<mailstore::MailStore> mail;
  std::unique_ptr<auth::Directory> directory;

  Store() = default;
  Store(Store&&) noexcept = default;
  Store& operator=(Store&&) noexcept = delete;
  ~Store();  // stops the engine first: what was accepted is finished
};

// kInUse, naming the process, when another one has the data directory. Reads only; for a clear word
// before anything is bound or made.
[[nodiscard]] Result<void> check_not_in_use(const std::string& data_dir);

// Before privileges are dropped: the data directory made, the master key read and held against the
// store. A store without its key is an error that says so. nullopt: there is neither, and the key
// is to lie in the data directory, where the service user makes it. A key elsewhere is made here.
[[nodiscard]] Result<std::optional<crypto::Secret>> prepare_store(const config::Settings& settings,
                                                                  const ServiceUser& user,
                                                                  Random& random);
// After that, as the service user: the key that was read, or a new one.
[[nodiscard]] Result<crypto::Secret> complete_key(const config::Settings& settings,
                                                  std::optional<crypto::Secret> key,
                                                  Random& random);

// Blocks while the engine opens. Nothing of the store is changed when it fails.
task<Result<Store>> open_store(const config::Settings& settings, crypto::Secret master_key,
                               Clock& clock, Random& random);

}  // namespace postern::app
