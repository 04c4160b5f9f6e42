#include "auth/verdict_cache.h"

#include <gtest/gtest.h>

namespace postern::auth {
namespace {

using crypto::Secret;

AccountRecord account(std::uint64_t id, std::string address) {
  AccountRecord record;
  record.id = AccountId(id);
  record.address = std::move(address);
  record.password_hash = "$6$a$b";
  return record;
}

TEST(VerdictCache, EveryInputOfTheVerdictCounts) {
  VerdictCache cache(crypto::system_random(), 10);
  const AccountRecord ann = account(1, "ann@x");
  EXPECT_FALSE(cache.contains(ann, Secret("pw")));
  cache.remember(ann, Secret("pw"));
  EXPECT_TRUE(cache.contains(ann, Secret("pw")));
  EXPECT_FALSE(cache.contains(ann, Secret("pW")));
  EXPECT_FALSE(cache.contains(ann, Secret("")));

  AccountRecord other = ann;
  other.epoch = 2;
  EXPECT_FALSE(cache.contains(other, Secret("pw")));
  other = ann;
  other.id = AccountId(2);
  EXPECT_FALSE(cache.contains(other, Secret("pw")));
  other = ann;
  other.address = "anne@x";
  EXPECT_FALSE(cache.contains(other, Secret("pw")));
  other = ann;
  other.password_hash = "$6$a$c";
  EXPECT_FALSE(cache.contains(other, Secret("pw")));
}

TEST(VerdictCache, InputsDoNotRunTogether) {
  VerdictCache cache(crypto::system_random(), 10);
  cache.remember(account(1, "a@x1"), Secret("2pw"));
  EXPECT_FALSE(cache.contains(account(1, "a@x12"), Secret("pw")));
  EXPECT_FALSE(cache.contains(account(1, "a@x"), Secret("12pw")));
}

TEST(VerdictCache, KeepsTheLatelyUsed) {
  VerdictCache cache(crypto::system_random(), 3);
  for (std::uint64_t id = 1; id <= 3; ++id) cache.remember(account(id, "u@x"), Secret("pw"));
  EXPECT_TRUE(cache.contains(account(1, "u@x"), Secret("pw")));
  cache.remember(account(4, "u@x"), Secret("pw"));
  EXPECT_EQ(cache.size(), 3u);
  EXPECT_TRUE(cache.contains(account(1, "u@x"), Secret("pw")));
  EXPECT_FALSE(cache.contains(account(2, "u@x"), Secret("pw")));
  cache.remember(account(4, "u@x"), Secret("pw"));
  EXPECT_EQ(cache.size(), 3u);
}

TEST(VerdictCache, NoCapacityRemembersNothing) {
  VerdictCache cache(crypto::system_random(), 0);
  cache.remember(account(1, "u@x"), Secret("pw"));
  EXPECT_FALSE(cache.contains(account(1, "u@x"), Secret("pw")));
}

}  // namespace
}  // namespace postern::auth
