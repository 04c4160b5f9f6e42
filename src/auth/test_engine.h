// An engine of one account in a map, for the tests of this room, that fails where it is told to.
// A commit that ends in kUnknownOutcome may be kept or dropped; an older epoch is refused.
#pragma once

#include <map>
#include <optional>

#include "engine/engine.h"

namespace postern::auth {

class TestEngine final : public engine::Engine {
 public:
  struct Fault {
    Errc code;
    bool applied = false;  // the change is durable although the answer says it failed
  };
  std::optional<Fault> next_fault;
  std::map<std::string, std::string> keys;
  int acquired = 0;

  task<Result<Epoch>> acquire(AccountId) override {
    co_return Epoch(static_cast<std::uint64_t>(++acquired));
  }
  task<Result<std::vector<engine::Item>>> scan(AccountId, std::string first, std::string last,
                                               std::size_t) override {
    std::vector<engine::Item> items;
    for (auto it = keys.lower_bound(first); it != keys.end() && it->first < last; ++it) {
      items.push_back({it->first, it->second});
    }
    co_return items;
  }
  task<Result<std::vector<std::optional<std::string>>>> get(AccountId,
                                                            std::vector<std::string>) override {
    co_return fail(Errc::kUnavailable);
  }
  void commit(AccountId, Epoch epoch, engine::Batch batch, Urgency, Done done) override {
    if (epoch.value() != static_cast<std::uint64_t>(acquired)) return done(fail(Errc::kNotOwner));
    const auto fault = std::exchange(next_fault, std::nullopt);
    if (!fault || fault->applied) {
      for (auto& [key, value] : batch.puts) keys[key] = value;
      for (auto& key : batch.deletes) keys.erase(key);
    }
    if (fault) return done(fail(fault->code));
    done({});
  }
  Result<std::unique_ptr<engine::BlobWriter>> create_blob(AccountId, const engine::BlobId&,
                                                          std::uint64_t) override {
    return fail(Errc::kUnavailable);
  }
  task<Result<std::string>> read_blob(AccountId, const engine::BlobId&, std::uint64_t,
                                      std::size_t) override {
    co_return fail(Errc::kUnavailable);
  }
  task<Result<std::vector<AccountId>>> list_accounts() override {
    co_return std::vector<AccountId>{};
  }
  engine::Space space() const override { return {}; }
  void stop() override {}
};

}  // namespace postern::auth
