#include "app/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crypto/crypto.h"

namespace postern::app {
namespace {

class MasterKeyTest : public testing::Test {
 protected:
  MasterKeyTest() : folder_(testing::TempDir() + "master_key_test." + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~MasterKeyTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/master.key"; }

  std::string folder_;
};

TEST_F(MasterKeyTest, IsMadeOnceAndReadBack) {
  ASSERT_TRUE(read_master_key(path()).has_value());
  EXPECT_FALSE(read_master_key(path())->has_value());
  const auto made = create_master_key(path(), {}, crypto::system_random());
  ASSERT_TRUE(made.has_value()) << made.error().detail;
  struct stat info {};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(info.st_size, 32);
  const auto read = read_master_key(path());
  ASSERT_TRUE(read.has_value() && read->has_value());
  EXPECT_EQ((*read)->view(), made->view());
  EXPECT_EQ(create_master_key(path(), {}, crypto::system_random()).error().code, Errc::kAlreadyExists);
  EXPECT_EQ((*read_master_key(path()))->view(), made->view());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1) << "nothing else is left";
}

TEST_F(MasterKeyTest, TheCheckFileTellsKeysApart) {
  const crypto::Secret key("0123456789abcdef0123456789abcdef"), other("0123456789abcdef0123456789abcdeF");
  EXPECT_TRUE(check_master_key(folder_, path(), key).has_value()) << "no file, no verdict";
  ASSERT_TRUE(keep_key_check(folder_, key).has_value());
  ASSERT_TRUE(keep_key_check(folder_, other).has_value()) << "the first stays";
  EXPECT_TRUE(check_master_key(folder_, path(), key).has_value());
  const auto wrong = check_master_key(folder_, path(), other);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, Errc::kInvalid);
}

TEST_F(MasterKeyTest, WrongSizesAndFoldersAreErrors) {
  for (const std::size_t size : {0u, 31u, 33u, 64u}) {
    std::ofstream(path(), std::ios::binary) << std::string(size, 'k');
    const auto read = read_master_key(path());
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_NE(read.error().detail.find(path()), std::string::npos);
  }
  EXPECT_FALSE(read_master_key(folder_).has_value());
  EXPECT_FALSE(create_master_key(folder_ + "/absent/key", {}, crypto::system_random()).has_value());
}

}  // namespace
}  // namespace postern::app
