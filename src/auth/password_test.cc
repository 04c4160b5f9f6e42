#include "auth/password.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace postern::auth {
namespace {

constexpr HashCost kCheap{.memory_kib = 8, .passes = 1};
using crypto::Secret;

bool is_right(const std::string& stored, const Secret& password) {
  const Match match = verify_password(stored, password);
  EXPECT_NE(match, Match::kNoMemory);
  return match == Match::kRight;
}

TEST(Password, RoundTripAndSalt) {
  const auto one = hash_password(Secret("secret"), kCheap),
             two = hash_password(Secret("secret"), kCheap);
  ASSERT_TRUE(one.has_value() && two.has_value());
  EXPECT_TRUE(one->starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_NE(*one, *two);
  EXPECT_TRUE(is_right(*one, Secret("secret")));
  EXPECT_FALSE(is_right(*one, Secret("Secret")));
  EXPECT_FALSE(is_right(*one, Secret("")));
  EXPECT_FALSE(is_right(*one, Secret(std::string_view("secret\0", 7))));
}

TEST(Password, EmptyAndLong) {
  const auto empty = hash_password(Secret(""), kCheap);
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(is_right(*empty, Secret("")));
  EXPECT_FALSE(is_right(*empty, Secret("x")));
  const Secret big(std::string(65'536, 'p'));
  const auto hash = hash_password(big, kCheap);
  ASSERT_TRUE(hash.has_value());
  EXPECT_TRUE(is_right(*hash, big));
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
TEST(Password, MissingMemoryIsNotAWrongPassword) {
  const auto hash = hash_password(Secret("secret"), {.memory_kib = 256 * 1024, .passes = 1});
  ASSERT_TRUE(hash.has_value());
  rlimit old{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &old), 0);
  rlimit little = old;
  little.rlim_cur = 128 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  const Match match = verify_password(*hash, Secret("secret"));
  setrlimit(RLIMIT_AS, &old);
  EXPECT_EQ(match, Match::kNoMemory);
  EXPECT_EQ(verify_password(*hash, Secret("secret")), Match::kRight);
}
#endif

TEST(Password, NoHashIsNeverRight) {
  for (const char* stored :
       {"", "*", "!", "x", "$", "$6$", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"}) {
    EXPECT_FALSE(is_right(stored, Secret(""))) << stored;
    EXPECT_FALSE(is_right(stored, Secret("x"))) << stored;
  }
  EXPECT_FALSE(is_right(std::string(4096, '$'), Secret("x")));
}

// Made with openssl passwd, an implementation of its own; the last is the example of
// crypt_blowfish.
TEST(Password, CryptOfImportedUsers) {
  const std::string sha512 =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
      "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  EXPECT_TRUE(is_right(sha512, Secret("Hello world!")));
  EXPECT_FALSE(is_right(sha512, Secret("Hello world")));
  EXPECT_FALSE(is_right(sha512, Secret(std::string_view("Hello world!\0x", 14))));
  EXPECT_TRUE(is_right("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
                       Secret("Hello world!")));
  EXPECT_TRUE(
      is_right("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Secret("U*U")));
}

TEST(Password, ImportStripsTheSchemeAndKeepsTheHash) {
  const std::string sha512 =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
      "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  EXPECT_EQ(import_hash(sha512).value_or(""), sha512);
  EXPECT_EQ(import_hash("{SHA512-CRYPT}" + sha512).value_or(""), sha512);
  EXPECT_EQ(import_hash("{crypt}" + sha512).value_or(""), sha512);
  const auto argon = hash_password(Secret("x"), kCheap);
  ASSERT_TRUE(argon.has_value());
  EXPECT_EQ(import_hash("{ARGON2ID}" + *argon).value_or(""), *argon);
}

TEST(Password, ImportRefusesWhatCannotBeVerifiedOrCostsTooMuch) {
  for (const char* bad :
       {"", "plain", "{PLAIN}secret", "{SSHA}abc", "{CRYPT", "{CRYPT}", "ab01FAX.bQRSU", "$99$x$y",
        "$argon2d$v=19$m=8,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA",
        "$argon2id$v=19$m=8,t=4000000,p=1$AAAA$AAAA", "$argon2id$v=19$t=1,p=1$AAAA$AAAA",
        "$argon2id", "$6$rounds=999999999$saltstring$x",
        "$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$7$CU..../....abc$def"}) {
    EXPECT_FALSE(import_hash(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace postern::auth
