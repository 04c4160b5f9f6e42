// The directory in memory: records by id and by every name, with conflicts found before a change.
//
// Not thread-safe; the directory guards it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/directory.h"

namespace postern::auth {

class DirectoryIndex {
 public:
  // Both take canonical names. Null when absent.
  [[nodiscard]] RecordPtr find_name(std::string_view name) const;     // address or alias
  [[nodiscard]] RecordPtr find_address(std::string_view name) const;  // no alias
  [[nodiscard]] RecordPtr find(AccountId id) const;
  [[nodiscard]] std::vector<RecordPtr> sorted() const;  // by address

  // kAlreadyExists, with the name, when a name of `record` belongs to another account.
  [[nodiscard]] Result<void> check_names(const AccountRecord& record) const;
  // Replaces the record with this id. Precondition: check_names() passed.
  void put(RecordPtr record);
  void erase(AccountId id);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<AccountId, RecordPtr> by_id_;
  std::unordered_map<std::string, RecordPtr, Hash, std::equal_to<>> by_name_;
};

}  // namespace postern::auth
