#include "auth/directory_index.h"

#include <algorithm>

namespace postern::auth {

RecordPtr DirectoryIndex::find_name(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

RecordPtr DirectoryIndex::find_address(std::string_view name) const {
  RecordPtr record = find_name(name);
  return record && record->address == name ? record : nullptr;
}

RecordPtr DirectoryIndex::find(AccountId id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? nullptr : it->second;
}

std::vector<RecordPtr> DirectoryIndex::sorted() const {
  std::vector<RecordPtr> records;
  records.reserve(by_id_.size());
  for (const auto& [id, record] : by_id_) records.push_back(record);
  std::sort(records.begin(), records.end(),
            [](const RecordPtr& a, const RecordPtr& b) { return a->address < b->address; });
  return records;
}

Result<void> DirectoryIndex::check_names(const AccountRecord& record) const {
  const auto taken = [&](const std::string& name) {
    const RecordPtr owner = find_name(name);
    return owner && owner->id != record.id;
  };
  if (taken(record.address)) return fail(Errc::kAlreadyExists, record.address + " exists already");
  for (const std::string& alias : record.aliases) {
    if (taken(alias)) return fail(Errc::kAlreadyExists, alias + " belongs to another account");
  }
  return {};
}

void DirectoryIndex::put(RecordPtr record) {
  erase(record->id);
  by_name_[record->address] = record;
  for (const std::string& alias : record->aliases) by_name_[alias] = record;
  by_id_[record->id] = std::move(record);
}

void DirectoryIndex::erase(AccountId id) {
  const RecordPtr old = find(id);
  if (!old) return;
  by_name_.erase(old->address);
  for (const std::string& alias : old->aliases) by_name_.erase(alias);
  by_id_.erase(id);
}

}  // namespace postern::auth
