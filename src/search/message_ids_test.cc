#include "search/message_ids.h"

#include <gtest/gtest.h>

#include "base/quote.h"
#include "search/envelope_fields.h"

namespace postern::search {
namespace {

TEST(MessageIds, First) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"<a@b>", "a@b"},
      {"  <a@b>  <c@d>", "a@b"},
      // RFC 5256 §3: quoted or not, it is one ID.
      {"<\"01KF8JCEOCBS0045PS\"@xxx.yyy.com>", "01KF8JCEOCBS0045PS@xxx.yyy.com"},
      {"<\"a\\\"b\"@c>", "a\"b@c"},
      {"< a @ b >", "a@b"},
      {"<a(1)@b>", "a(1)@b"},
      {"Your message of \"Mon, 1 Jan <x@y>\" <a@b>", "x@y"},
      {"Bob's mail <a@b>", "a@b"},
      {"joe@example.org", ""},
      {"<joe>", ""},
      {"<@b>", ""},
      {"<a@>", ""},
      {"<>", ""},
      {"<no <a@b>", "a@b"},
      {"<a@b", ""},
      {"<a@b@c>", "a@b@c"},
      {"<A@b>", "A@b"},
      {"<a@[1.2.3.4]>", "a@[1.2.3.4]"},
  };
  for (const auto& [text, id] : cases) EXPECT_EQ(first_message_id(text), id) << text;
  EXPECT_EQ(first_message_id("<" + std::string(kMaxMessageId - 2, 'x') + "@y>").size(),
            kMaxMessageId);
  EXPECT_EQ(first_message_id("<" + std::string(kMaxMessageId, 'x') + "@y> <a@b>"), "a@b");
}

TEST(MessageIds, All) {
  using Ids = std::vector<std::string>;
  EXPECT_EQ(message_ids("<a@b> junk <c> <d@e><f@g>"), (Ids{"a@b", "d@e", "f@g"}));
  EXPECT_EQ(message_ids("none"), Ids());
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "<" + std::to_string(i) + "@x> ";
  const Ids ids = message_ids(text);
  ASSERT_EQ(ids.size(), kMaxReferences);
  EXPECT_EQ(ids[0], "0@x");
  for (std::size_t i = 1; i < ids.size(); ++i)
    EXPECT_EQ(ids[i], std::to_string(50'000 - kMaxReferences + i) + "@x");
}

TEST(EnvelopeFields, Read) {
  const EnvelopeFields fields = read_envelope(
      "(\"Mon\" \"He said \\\"hi\\\"\" ((\"Joe\" NIL \"joe\" \"x.org\")(NIL NIL \"b\" \"c\")) "
      "((NIL NIL \"s\" \"t\")) NIL ((NIL NIL \"group\" NIL)(NIL NIL \"m\" \"n\")(NIL NIL NIL NIL)) "
      "(({3}\r\na)\" NIL \"cc\" \"d\")) NIL \"<r@s>\" {4}\r\n<i>\xC3)");
  EXPECT_EQ(fields.subject, "He said \"hi\"");
  ASSERT_TRUE(fields.from && fields.to && fields.cc);
  EXPECT_EQ(fields.from->name, "Joe");
  EXPECT_EQ(fields.from->mailbox, "joe");
  EXPECT_EQ(fields.from->host, "x.org");
  EXPECT_EQ(fields.to->mailbox, "group");
  EXPECT_EQ(fields.to->host, std::nullopt);
  EXPECT_EQ(fields.cc->name, "a)\"");
  EXPECT_EQ(fields.in_reply_to, "<r@s>");
  EXPECT_EQ(fields.message_id, "<i>\xC3");
}

TEST(EnvelopeFields, WhatDoesNotParseIsAbsent) {
  for (const char* text : {"", "(", "(NIL", "(NIL \"a", "(NIL {9}\r\na", "(NIL {x}\r\n", "NIL NIL",
                           "(NIL \"s\" (", "(NIL \"s\" ((NIL NIL"}) {
    const EnvelopeFields fields = read_envelope(text);
    EXPECT_EQ(fields.message_id, std::nullopt) << text;
    EXPECT_EQ(fields.to.has_value(), false) << text;
  }
}

}  // namespace
}  // namespace postern::search
