#include "engine/memory/model.h"

namespace postern::engine {

task<Result<void>> MemoryBlobWriter::append(std::string_view bytes) {
  if (finished_) co_return fail(Errc::kInvalid, "append after finish");
  bytes_ += bytes;
  co_return Result<void>{};
}

task<Result<void>> MemoryBlobWriter::finish() {
  if (finished_) co_return fail(Errc::kInvalid, "finish after finish");
  finished_ = true;
  co_return Result<void>{};
}

Epoch Model::acquire(AccountId account) {
  Data& data = accounts_[account];
  data.epoch = Epoch(data.epoch.value() + 1);
  return data.epoch;
}

Result<void> Model::check(AccountId account, Epoch epoch, const Batch& batch) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end() || !found->second.epoch.valid() || found->second.epoch != epoch) {
    return fail(Errc::kNotOwner, "commit under another epoch than the account's");
  }
  for (const auto& blob : batch.blobs) {
    const auto* writer = dynamic_cast<const MemoryBlobWriter*>(blob.get());
    if (writer == nullptr || !writer->finished() || writer->account() != account) {
      return fail(Errc::kInvalid, "a blob that is not finished or not of this account");
    }
  }
  for (const auto& [key, value] : batch.puts) {
    if (key.size() > kMaxKeySize) return fail(Errc::kInvalid, "a key that is too long");
  }
  return {};
}

void Model::erase_range(Data& data, const std::string& first, const std::string& last) {
  if (!last.empty() && last <= first) return;
  const auto begin = data.keys.lower_bound(first);
  const auto end = last.empty() ? data.keys.end() : data.keys.lower_bound(last);
  for (auto it = begin; it != end; ++it) used_bytes_ -= it->first.size() + it->second.size();
  data.keys.erase(begin, end);
}

void Model::apply(AccountId account, Batch batch) {
  Data& data = accounts_[account];
  for (const auto& [first, last] : batch.delete_ranges) erase_range(data, first, last);
  for (const std::string& key : batch.deletes) {
    const auto found = data.keys.find(key);
    if (found == data.keys.end()) continue;
    used_bytes_ -= found->first.size() + found->second.size();
    data.keys.erase(found);
  }
  for (auto& [key, value] : batch.puts) {
    const auto [at, fresh] = data.keys.try_emplace(std::move(key));
    used_bytes_ -= at->second.size();
    used_bytes_ += value.size() + (fresh ? at->first.size() : 0);
    at->second = std::move(value);
  }
  for (auto& blob : batch.blobs) {
    used_bytes_ += blob->size();
    data.blobs[blob->id()] = static_cast<MemoryBlobWriter&>(*blob).take();
  }
  for (const BlobId& id : batch.drops) {
    const auto found = data.blobs.find(id);
    if (found == data.blobs.end()) continue;
    used_bytes_ -= found->second.size();
    data.blobs.erase(found);
  }
}

std::vector<Item> Model::scan(AccountId account, const std::string& first, const std::string& last,
                              std::size_t limit) const {
  std::vector<Item> items;
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return items;
  const auto& keys = found->second.keys;
  for (auto it = keys.lower_bound(first); it != keys.end(); ++it) {
    if (!last.empty() && it->first >= last) break;
    items.push_back({it->first, it->second});
    if (items.size() == limit) break;
  }
  return items;
}

std::vector<std::optional<std::string>> Model::get(AccountId account,
                                                   const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values(keys.size());
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto at = found->second.keys.find(keys[i]);
    if (at != found->second.keys.end()) values[i] = at->second;
  }
  return values;
}

Result<std::string> Model::read_blob(AccountId account, const BlobId& id, std::uint64_t offset,
                                     std::size_t length) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return fail(Errc::kNotFound, "blob");
  const auto at = found->second.blobs.find(id);
  if (at == found->second.blobs.end()) return fail(Errc::kNotFound, "blob");
  if (offset >= at->second.size()) return std::string();
  return at->second.substr(static_cast<std::size_t>(offset), length);
}

std::vector<AccountId> Model::accounts() const {
  std::vector<AccountId> ids;
  for (const auto& [id, data] : accounts_) {
    if (!data.keys.empty()) ids.push_back(id);
  }
  return ids;
}

}  // namespace postern::engine
