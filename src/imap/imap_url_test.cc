#include "imap/imap_url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "imap/encoder.h"

namespace postern::imap {
namespace {

std::string text_of(std::string_view url) {
  const Result<ImapUrl> parsed = parse_imap_url(url);
  if (!parsed) return "bad";
  std::string text = parsed->mailbox + "|";
  if (parsed->uid_validity) text += std::to_string(*parsed->uid_validity);
  text += "|" + std::to_string(parsed->uid);
  if (parsed->section != Section{}) append_section(text, parsed->section, std::nullopt);
  if (parsed->partial)
    text += "<" + std::to_string(parsed->partial->offset) + "." +
            std::to_string(parsed->partial->length) + ">";
  return text;
}

struct Case {
  const char* url;
  const char* expected;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(text_of(c.url), c.expected) << c.url;
}

// RFC 5092 §11 imessagepart, §6.
TEST(ImapUrl, AbsolutePath) {
  check(
      {{"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", "Drafts|385759045|20[HEADER]"},
       {"/Drafts;UIDVALIDITY=385759045/;UID=20/;Section=1.MIME", "Drafts|385759045|20[1.MIME]"},
       {"/INBOX;UIDVALIDITY=785799047/;UID=113330/;section=1.5.9", "INBOX|785799047|113330[1.5.9]"},
       {"/Drafts/;UID=3002", "Drafts||3002"},
       {"/inbox/;uid=1", "INBOX||1"},
       {"/a/b/c/;UID=4294967295", "a/b/c||4294967295"},
       {"/a%20%c3%a4%2F%25/;UID=1", "a \xc3\xa4/%||1"},
       {"/x/;UID=1/;SECTION=HEADER.FIELDS%20(From%20to)", "x||1[HEADER.FIELDS (From to)]"},
       {"/x/;UID=1/;SECTION=TEXT/;PARTIAL=5.10", "x||1[TEXT]<5.10>"},
       {"/x/;UID=1/;PARTIAL=7", "x||1<7.9223372036854775807>"},
       {"/x/;UID=1/;PARTIAL=0.1", "x||1<0.1>"}});
}

// RFC 4469 §3: the base is the selected mailbox.
TEST(ImapUrl, RelativeToTheSelectedMailbox) {
  check({{";UID=20", "||20"},
         {";uid=20/;section=1.2/;partial=1.2", "||20[1.2]<1.2>"},
         {";SECTION=1", "bad"},
         {";UIDVALIDITY=5/;UID=1", "bad"}});
}

// RFC 3986 §5.2.4, RFC 5092 §7, §9.1.
TEST(ImapUrl, DotSegments) {
  check({{"/foo/;UID=20/..", "bad"},
         {"/a/../b/;UID=1", "b||1"},
         {"/./b/;UID=1", "b||1"},
         {"/../../b/;UID=1", "b||1"},
         {"/a/%2E%2E/b/;UID=1", "a/../b||1"},
         {"/..;UIDVALIDITY=5/;UID=20", "..|5|20"},
         {"/a/../;UID=1", "bad"}});
}

TEST(ImapUrl, Refused) {
  check({{"", "bad"},
         {"/", "bad"},
         {"INBOX/;UID=1", "bad"},
         {"imap://joe@mail.example.org/INBOX/;UID=1", "bad"},
         {"//mail.example.org/INBOX/;UID=1", "bad"},
         {"/INBOX", "bad"},
         {"/INBOX?SUBJECT%20x", "bad"},
         {"/INBOX;UIDVALIDITY=5", "bad"},
         {"/INBOX;UIDVALIDITY=0/;UID=1", "bad"},
         {"/INBOX;UIDVALIDITY=/;UID=1", "bad"},
         {"/INBOX;X=1/;UID=1", "bad"},
         {"/;UID=1", "bad"},
         {"/INBOX/;UID=0", "bad"},
         {"/INBOX/;UID=01", "bad"},
         {"/INBOX/;UID=4294967296", "bad"},
         {"/INBOX/;UID=", "bad"},
         {"/INBOX/;UID=1:2", "bad"},
         {"/INBOX/;UID=*", "bad"},
         {"/INBOX/;SECTION=1/;UID=1", "bad"},
         {"/INBOX/;UID=1/;PARTIAL=1/;SECTION=1", "bad"},
         {"/INBOX/;UID=1/;UID=2", "bad"},
         {"/INBOX/;UID=1/;SECTION=", "bad"},
         {"/INBOX/;UID=1/;SECTION=MIME", "bad"},
         {"/INBOX/;UID=1/;SECTION=0", "bad"},
         {"/INBOX/;UID=1/;SECTION=1]", "bad"},
         {"/INBOX/;UID=1/;SECTION=1%5D%5B2", "bad"},
         {"/INBOX/;UID=1/;PARTIAL=", "bad"},
         {"/INBOX/;UID=1/;PARTIAL=1.0", "bad"},
         {"/INBOX/;UID=1/;PARTIAL=1.", "bad"},
         {"/INBOX/;UID=1/;PARTIAL=9223372036854775808", "bad"},
         {"/INBOX/;UID=1/x", "bad"},
         {"/INBOX/;UID=1/", "bad"},
         {"/INBOX/;UID=1;URLAUTH=anonymous:INTERNAL:0123", "bad"},
         {"/INBOX/;UID=1;EXPIRE=2030-01-01T00:00:00Z", "bad"},
         {"/a b/;UID=1", "bad"},
         {"/\xc3\xa4/;UID=1", "bad"},
         {"/a%/;UID=1", "bad"},
         {"/a%4/;UID=1", "bad"},
         {"/a%GG/;UID=1", "bad"},
         {"/a%FF/;UID=1", "bad"},
         {"/a#b/;UID=1", "bad"}});
  EXPECT_EQ(text_of("/" + std::string(kMaxUrl - 8, 'x') + "/;UID=1").substr(0, 1), "x");
  EXPECT_EQ(text_of("/" + std::string(kMaxUrl - 7, 'x') + "/;UID=1"), "bad");
}

// RFC 4469 §5: the response code's text ends at "]".
TEST(ImapUrl, ResponseText) {
  EXPECT_EQ(to_response_text("/INBOX;UIDVALIDITY=1/;UID=2"), "/INBOX;UIDVALIDITY=1/;UID=2");
  EXPECT_EQ(to_response_text("a] OK\r\nb NO \"\\\xff"), "a%5D%20OK%0D%0Ab%20NO%20%22%5C%FF");
}

}  // namespace
}  // namespace postern::imap
