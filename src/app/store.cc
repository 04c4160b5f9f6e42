#include "app/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "app/master_key.h"
#include "base/log.h"
#include "engine/rocksdb/rocksdb_engine.h"

namespace postern::app {

namespace fs = std::filesystem;

Store::~Store() {
  directory.reset();
  mail.reset();
  if (engine) engine->stop();
}

Result<void> check_not_in_use(const std::string& data_dir) {
  const int fd = open((data_dir + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};  // no store yet, or not ours to read: opening it will say so
  Result<void> result;
  if (flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    char holder[24] = {};
    const ssize_t got = read(fd, holder, sizeof(holder) - 1);
    std::string text(holder, got > 0 ? static_cast<std::size_t>(got) : 0);
    text = text.substr(0, text.find('\n'));
    result = fail(Errc::kInUse, "data directory " + data_dir + " is in use by process " + text);
  }
  close(fd);
  return result;
}

Result<std::optional<crypto::Secret>> prepare_store(const config::Settings& settings,
                                                    const ServiceUser& user, Random& random) {
  const std::string& data_dir = settings.server.data_dir;
  const std::string& path = settings.storage.master_key;
  POSTERN_TRY(std::optional<crypto::Secret> key, read_master_key(path));
  std::error_code error;
  if (!key && fs::exists(data_dir + "/VERSION", error)) {
    return fail(Errc::kNotFound, "the master key " + path + " is missing, and the store in " +
                                     data_dir +
                                     " cannot be read without it; restore it from your copy, or "
                                     "name it in storage.master_key");
  }
  if (key) POSTERN_CHECK_OK(check_master_key(data_dir, path, *key));
  POSTERN_CHECK_OK(prepare_directory(data_dir, user));
  // A unit may leave root without the right to write where the service user owns the directory, and
  // the service user has none elsewhere: each makes the key where it is at home.
  if (!key && fs::path(path).parent_path() != fs::path(data_dir)) {
    POSTERN_TRY(key, create_master_key(path, user, random));
    log_info("master_key_made", {{"file", path}});
  }
  return key;
}

Result<crypto::Secret> complete_key(const config::Settings& settings,
                                    std::optional<crypto::Secret> key, Random& random) {
  if (key) return std::move(*key);
  POSTERN_TRY(crypto::Secret made, create_master_key(settings.storage.master_key, {}, random));
  log_info("master_key_made", {{"file", settings.storage.master_key}});
  return made;
}

task<Result<Store>> open_store(const config::Settings& settings, crypto::Secret master_key,
                               Clock& clock, Random& random) {
  Store store;
  const crypto::Secret key = master_key.clone();
  engine::RocksdbOptions options;
  options.data_dir = settings.server.data_dir;
  options.cache_bytes = settings.storage.cache;
  options.min_free = settings.storage.min_free;
  POSTERN_CO_TRY(store.engine, engine::create_rocksdb_engine(std::move(options)));

  mailstore::MailStore::Options mail_options;
  mail_options.max_message_size = settings.limits.max_message_size;
  auto mail = co_await mailstore::MailStore::open(*store.engine, std::move(master_key), clock,
                                                  random, mail_options);
  if (!mail.has_value()) {
    if (mail.error().code == Errc::kInvalid) {
      co_return fail(Errc::kInvalid, "the master key " + settings.storage.master_key +
                                         " is not the one that the store in " +
                                         settings.server.data_dir + " was written with");
    }
    co_return std::unexpected(mail.error());
  }
  store.mail = std::move(*mail);
  POSTERN_CO_TRY(store.directory, co_await auth::Directory::open(
                                      *store.engine, store.mail->system_key(), clock, random));
  POSTERN_CO_CHECK_OK(keep_key_check(settings.server.data_dir, key));
  co_return std::move(store);
}

}  // namespace postern::app
