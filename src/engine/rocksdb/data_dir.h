// The data directory: its lock, its format version, where things lie in it.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "engine/rocksdb/files.h"

namespace postern::engine {

class DataDir {
 public:
  // Creates what is missing, takes the lock and checks the version; holds the lock while it lives.
  // kInUse: another process has it, `detail` names it. kInvalid: written by a newer program. kIo.
  // SECURITY: directories are made 0700, files 0600: what is not encrypted (sizes, times) is
  // private, too.
  static Result<DataDir> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path meta() const { return path_ / "meta"; }
  [[nodiscard]] std::filesystem::path body() const { return path_ / "body"; }
  // No metadata yet and no body that metadata could be missing for: RocksDB may create its files.
  [[nodiscard]] bool fresh() const { return fresh_; }

 private:
  std::filesystem::path path_;
  Fd lock_;
  bool fresh_ = false;
};

}  // namespace postern::engine
