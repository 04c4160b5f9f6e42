#include "session/reply.h"

#include <gtest/gtest.h>

#include "base/log.h"

namespace postern::session {
namespace {

class ReplyTest : public testing::Test {
 protected:
  ReplyTest() {
    set_log_sink([](LogLevel, std::string_view) {});
  }
  ~ReplyTest() override { set_log_sink(nullptr); }
};

TEST_F(ReplyTest, EveryErrcHasACodeAndATextAndNeverTheDetail) {
  for (int i = 0; i <= static_cast<int>(Errc::kInternal); ++i) {
    const Reply reply = reply_for(Error{static_cast<Errc>(i), "/var/lib/secret path", {}});
    EXPECT_EQ(reply.status, Reply::Status::kNo);
    EXPECT_FALSE(reply.code.empty());
    EXPECT_FALSE(reply.text.empty());
    EXPECT_EQ(reply.text.find("secret"), std::string::npos);
  }
}

TEST_F(ReplyTest, CodesOfRfc5530) {
  const auto code = [](Errc errc) { return reply_for(Error{errc, {}, {}}).code; };
  EXPECT_EQ(code(Errc::kUnavailable), "UNAVAILABLE");
  EXPECT_EQ(code(Errc::kFull), "UNAVAILABLE");
  EXPECT_EQ(code(Errc::kNotFound), "NONEXISTENT");
  EXPECT_EQ(code(Errc::kAlreadyExists), "ALREADYEXISTS");
  EXPECT_EQ(code(Errc::kTryCreate), "TRYCREATE");
  EXPECT_EQ(code(Errc::kOverQuota), "OVERQUOTA");
  EXPECT_EQ(code(Errc::kTooBig), "TOOBIG");
  EXPECT_EQ(code(Errc::kLimit), "LIMIT");
  EXPECT_EQ(code(Errc::kExpunged), "EXPUNGEISSUED");
  EXPECT_EQ(code(Errc::kAuthFailed), "AUTHENTICATIONFAILED");
  EXPECT_EQ(code(Errc::kCorrupt), "CORRUPTION");
  EXPECT_EQ(code(Errc::kNoPermission), "NOPERM");
  EXPECT_EQ(code(Errc::kInUse), "INUSE");
  EXPECT_EQ(code(Errc::kCannot), "CANNOT");
  EXPECT_EQ(code(Errc::kInternal), "SERVERBUG");
  EXPECT_EQ(Reply::client_bug("x").code, "CLIENTBUG");
}

TEST_F(ReplyTest, ParseErrors) {
  const auto text = [](Errc errc) {
    std::string out;
    append_reply(out, "a", reply_for(imap::ParseError{errc, "a", "what", 0}));
    return out;
  };
  EXPECT_EQ(text(Errc::kInvalid), "a BAD what\r\n");
  EXPECT_EQ(text(Errc::kTooBig), "a BAD [TOOBIG] what\r\n");
  EXPECT_EQ(text(Errc::kLimit), "a NO [LIMIT] what\r\n");
  EXPECT_EQ(text(Errc::kCannot), "a NO [BADCHARSET (US-ASCII UTF-8)] what\r\n");
}

TEST_F(ReplyTest, WithoutATagItIsUntagged) {
  std::string out;
  append_reply(out, "", Reply::bad("No."));
  EXPECT_EQ(out, "* BAD No.\r\n");
}

}  // namespace
}  // namespace postern::session
