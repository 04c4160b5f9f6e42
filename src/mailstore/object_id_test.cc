#include "mailstore/object_id.h"

#include <gtest/gtest.h>

#include <set>

#include "mime/parser.h"

namespace postern::mailstore {
namespace {

constexpr AccountId kAccount(7);

std::string thread_of(std::string_view header, EmailId email = EmailId(1),
                      AccountId account = kAccount) {
  return thread_object_id(account, email, mime::parse_message(std::string(header) + "\r\nbody"));
}

// RFC 8474 §7, §8.1.
void check_form(const std::string& id) {
  ASSERT_FALSE(id.empty());
  EXPECT_LE(id.size(), 255u);
  EXPECT_TRUE(id.front() >= 'a' && id.front() <= 'z') << id;
  for (const char c : id) {
    EXPECT_TRUE((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') << id;
  }
  EXPECT_EQ(id.find("nil"), std::string::npos);
}

TEST(ObjectId, Form) {
  check_form(mailbox_object_id(AccountId(UINT64_MAX), MailboxId(UINT32_MAX)));
  check_form(email_object_id(AccountId(UINT64_MAX), EmailId(UINT64_MAX)));
  check_form(thread_of("Message-ID: <a@b>\r\n"));
  check_form(thread_of(""));
}

TEST(ObjectId, KindsAndAccountsNeverMeet) {
  std::set<std::string> ids;
  for (std::uint64_t account = 1; account <= 20; ++account) {
    for (std::uint32_t number = 1; number <= 20; ++number) {
      ids.insert(mailbox_object_id(AccountId(account), MailboxId(number)));
      ids.insert(email_object_id(AccountId(account), EmailId(number)));
      ids.insert(thread_of("", EmailId(number), AccountId(account)));
      ids.insert(thread_of("Message-ID: <" + std::to_string(number) + "@x>\r\n", EmailId(1),
                           AccountId(account)));
    }
  }
  EXPECT_EQ(ids.size(), 20u * 20 * 4);
}

TEST(ObjectId, EmailIdsAreReadBack) {
  for (const std::uint64_t number : {std::uint64_t{1}, std::uint64_t{255}, UINT64_MAX}) {
    const std::string id = email_object_id(kAccount, EmailId(number));
    EXPECT_EQ(parse_email_object_id(kAccount, id), EmailId(number));
    EXPECT_EQ(parse_email_object_id(AccountId(8), id), std::nullopt);
  }
  for (const char* text : {"", "m", "m7", "m7-", "m7-0", "m7-00", "m7-A", "m7-1 ", "f7-1", "-1",
                           "m7-1-1", "m7-10000000000000000"}) {
    EXPECT_EQ(parse_email_object_id(kAccount, text), std::nullopt) << text;
  }
}

TEST(ObjectId, AThreadIsNamedByItsFirstMessage) {
  const std::string root = thread_of("Message-ID: <root@x>\r\n");
  EXPECT_EQ(thread_of("Message-Id: <2@x>\r\nIn-Reply-To: <root@x>\r\n", EmailId(2)), root);
  EXPECT_EQ(thread_of("Message-ID: <3@x>\r\nIn-Reply-To: <2@x>\r\nReferences: <root@x> <2@x>\r\n"),
            root);
  EXPECT_EQ(thread_of("References:\r\n\t<root\r\n @x>\r\n\t<2@x>\r\nMessage-ID: <4@x>\r\n"), root);
  EXPECT_EQ(thread_of("In-Reply-To: Your message of Monday <root@x>\r\n"), root);
  // References without an id does not count.
  EXPECT_EQ(thread_of("References: none\r\nIn-Reply-To: <root@x>\r\n"), root);
  EXPECT_EQ(thread_of("References: <>\r\nMessage-ID: <root@x>\r\n"), root);
  EXPECT_NE(thread_of("Message-ID: <ROOT@x>\r\n"), root);
  EXPECT_NE(thread_of("Message-ID: <root@x>\r\n", EmailId(1), AccountId(8)), root);
}

TEST(ObjectId, WithoutAnyIdAMessageIsAThreadOfItsOwn) {
  EXPECT_NE(thread_of("", EmailId(1)), thread_of("", EmailId(2)));
  EXPECT_EQ(thread_of("Message-ID: none\r\n", EmailId(1)), thread_of("", EmailId(1)));
  EXPECT_EQ(thread_of("Message-ID: <unclosed\r\n", EmailId(1)), thread_of("", EmailId(1)));
}

}  // namespace
}  // namespace postern::mailstore
