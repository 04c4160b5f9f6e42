// The state of the memory engine and what each call does to it, without threads: the model itself.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace postern::engine {

// A blob that grows in memory. `account` names whose batch may adopt it.
class MemoryBlobWriter final : public BlobWriter {
 public:
  MemoryBlobWriter(AccountId account, const BlobId& id) : account_(account), id_(id) {}

  task<Result<void>> append(std::string_view bytes) override;
  task<Result<void>> finish() override;
  [[nodiscard]] const BlobId& id() const override { return id_; }
  [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] AccountId account() const { return account_; }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  AccountId account_;
  BlobId id_;
  std::string bytes_;
  bool finished_ = false;
};

class Model {
 public:
  Epoch acquire(AccountId account);
  // kNotOwner and kInvalid without effect; otherwise the whole batch takes effect.
  Result<void> check(AccountId account, Epoch epoch, const Batch& batch) const;
  void apply(AccountId account, Batch batch);

  [[nodiscard]] std::vector<Item> scan(AccountId account, const std::string& first,
                                       const std::string& last, std::size_t limit) const;
  [[nodiscard]] std::vector<std::optional<std::string>> get(
      AccountId account, const std::vector<std::string>& keys) const;
  [[nodiscard]] Result<std::string> read_blob(AccountId account, const BlobId& id,
                                              std::uint64_t offset, std::size_t length) const;
  [[nodiscard]] std::vector<AccountId> accounts() const;
  [[nodiscard]] std::uint64_t used_bytes() const { return used_bytes_; }

 private:
  struct Data {
    Epoch epoch;  // 0: nobody acquired it
    std::map<std::string, std::string> keys;
    std::map<BlobId, std::string> blobs;
  };
  void erase_range(Data& data, const std::string& first, const std::string& last);
  std::map<AccountId, Data> accounts_;
  std::uint64_t used_bytes_ = 0;  // keys, values and blobs
};

}  // namespace postern::engine
