#include "cli/password_input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace postern::cli {
namespace {

// What read_password_line() makes of these bytes; "error" for a refusal.
std::string read_from(std::string_view bytes) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  EXPECT_EQ(write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(ends[1]);
  const auto password = read_password_line(ends[0]);
  close(ends[0]);
  return password.has_value() ? std::string(password->view()) : "error";
}

TEST(PasswordInput, OneLineWithoutItsNewline) {
  EXPECT_EQ(read_from("secret\n"), "secret");
  EXPECT_EQ(read_from("secret"), "secret");
  EXPECT_EQ(read_from(" se cret \nmore\n"), " se cret ");
  EXPECT_EQ(read_from("gr\u00fcn\n"), "gr\u00fcn");
  EXPECT_EQ(read_from(std::string(4096, 'x') + "\n"), std::string(4096, 'x'));
}

TEST(PasswordInput, RefusesWhatNoClientCanSend) {
  EXPECT_EQ(read_from(""), "error");
  EXPECT_EQ(read_from("\n"), "error");
  EXPECT_EQ(read_from(std::string_view("a\0b\n", 4)), "error");
  EXPECT_EQ(read_from("gr\xfcn\n"), "error");
  EXPECT_EQ(read_from(std::string(4097, 'x') + "\n"), "error");
}

}  // namespace
}  // namespace postern::cli
