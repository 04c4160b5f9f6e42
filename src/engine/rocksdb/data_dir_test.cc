#include "engine/rocksdb/data_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/conformance/harness.h"

namespace postern::engine {
namespace {

class DataDirTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return directory_.path() / "data"; }
  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(replace_file(path() / name, text).has_value());
  }
  void expect(Errc code, const std::string& text) {
    const auto opened = DataDir::open(path());
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, code);
    EXPECT_NE(opened.error().detail.find(text), std::string::npos) << opened.error().detail;
  }
  TemporaryDirectory directory_;
};

TEST_F(DataDirTest, MakesWhatIsMissingAndKeepsItPrivate) {
  const auto opened = DataDir::open(path());
  ASSERT_TRUE(opened.has_value()) << opened.error().detail;
  EXPECT_TRUE(opened->fresh());
  for (const char* name : {"", "meta", "body"}) {
    struct stat info{};
    ASSERT_EQ(::stat((path() / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u) << name;
  }
  EXPECT_EQ(*read_whole(path() / "VERSION"), "postern-engine-rocksdb 1\n");
}

TEST_F(DataDirTest, OneProcessAtATime) {
  {
    const auto first = DataDir::open(path());
    ASSERT_TRUE(first.has_value());
    expect(Errc::kInUse, "data directory " + path().string() + " is in use by process " +
                             std::to_string(::getpid()));
  }
  EXPECT_TRUE(DataDir::open(path()).has_value());
}

TEST_F(DataDirTest, AnotherProcessHoldsIt) {
  int ready[2];
  int leave[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(leave), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto held = DataDir::open(path());
    char byte = held.has_value() ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    if (::read(leave[0], &byte, 1) != 1) ::_exit(1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  expect(Errc::kInUse, "is in use by process " + std::to_string(child));
  ASSERT_EQ(::write(leave[1], "x", 1), 1);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(DataDir::open(path()).has_value());
  for (const int fd : {ready[0], ready[1], leave[0], leave[1]}) ::close(fd);
}

TEST_F(DataDirTest, ANewerFormatIsRefused) {
  ASSERT_TRUE(DataDir::open(path()).has_value());
  write("VERSION", "postern-engine-rocksdb 2\n");
  expect(Errc::kInvalid,
         "has format 2, written by a newer Postern; this one knows formats up to 1");
}

TEST_F(DataDirTest, ADamagedVersionIsRefused) {
  ASSERT_TRUE(DataDir::open(path()).has_value());
  for (const char* text :
       {"", "\n", "postern-engine-rocksdb", "postern-engine-rocksdb \n",
        "postern-engine-rocksdb 0\n", "postern-engine-rocksdb 1x\n", "postern-engine-rados 1\n"}) {
    write("VERSION", text);
    expect(Errc::kCorrupt, "is not a version of this engine");
  }
}

TEST_F(DataDirTest, BodiesWithoutMetadataAreNotServedAsAnEmptyStore) {
  ASSERT_TRUE(DataDir::open(path()).has_value());
  write("body/0000000000000001.seg", "x");
  expect(Errc::kCorrupt, "has bodies but its metadata is missing");
  std::filesystem::remove(path() / "VERSION");
  expect(Errc::kCorrupt, "has no VERSION file");
}

TEST_F(DataDirTest, AFileInItsPlaceIsAnError) {
  std::filesystem::create_directory(path().parent_path());
  ASSERT_TRUE(replace_file(path(), "a file").has_value());
  expect(Errc::kIo, path().string());
}

TEST_F(DataDirTest, AnUnreadableDirectoryIsAnError) {
  ASSERT_TRUE(DataDir::open(path()).has_value());
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(path().c_str(), 0000), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    // Root reads everything: be somebody else.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(2);
    const auto opened = DataDir::open(path());
    const bool right =
        !opened.has_value() && opened.error().code == Errc::kIo &&
        opened.error().detail == "open " + (path() / "LOCK").string() + ": Permission denied";
    ::_exit(right ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_EQ(::chmod(path().c_str(), 0700), 0);
}

}  // namespace
}  // namespace postern::engine
