// The grammar of NOTIFY (RFC 5465 §8) and the rules of §5 and §6 that make a command BAD.
#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseNotify, Forms) {
  check_parse({
      {"NOTIFY NONE", "NOTIFY none"},
      {"notify none", "NOTIFY none"},
      {"NOTIFY SET (personal NONE)", "NOTIFY [personal]"},
      {"NOTIFY SET STATUS (personal (MessageNew MessageExpunge))",
       "NOTIFY status [personal new expunge]"},
      {"NOTIFY SET (SELECTED-delayed (messagenew messageexpunge flagchange))",
       "NOTIFY [selected-delayed new expunge flags]"},
      {"NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))",
       "NOTIFY [personal metadata server]"},
      {"NOTIFY SET (inboxes (MailboxName)) (subscribed (SubscriptionChange))",
       "NOTIFY [inboxes name] [subscribed subscription]"},
      {"NOTIFY SET (subtree Lists (MailboxName)) (mailboxes (inbox \"b c\" {1+}\r\nd) NONE)",
       "NOTIFY [subtree 'Lists' name] [mailboxes 'INBOX' 'b c' 'd']"},
      {"NOTIFY SET (subtree (a b) NONE)", "NOTIFY [subtree 'a' 'b']"},
      // "status" and "none" may be mailboxes too.
      {"NOTIFY SET (mailboxes none NONE)", "NOTIFY [mailboxes 'none']"},
      {"NOTIFY SET STATUS (mailboxes (status) NONE)", "NOTIFY status [mailboxes 'status']"},
      {"NOTIFY SET (mailboxes &AOQ- NONE)", "NOTIFY [mailboxes '\xC3\xA4']"},
  });
  check_parse({{"NOTIFY SET (mailboxes \"\xC3\xA4\" NONE)", "NOTIFY [mailboxes '\xC3\xA4']"}},
              kUtf8);
}

TEST(ParseNotify, FetchItemsOfTheSelectedMailbox) {
  check_parse({
      {"NOTIFY SET (selected (MessageNew (uid body.peek[header.fields (from to subject)]) "
       "MessageExpunge)) (subtree Lists (MessageNew MessageExpunge))",
       "NOTIFY [selected new UID BODY.PEEK[HEADER.FIELDS (from to subject)] expunge] "
       "[subtree 'Lists' new expunge]"},
      {"NOTIFY SET (selected-delayed (MessageExpunge MessageNew (FLAGS BODY.PEEK[1]<0.9>)))",
       "NOTIFY [selected-delayed new FLAGS BODY.PEEK[1]<0>+9 expunge]"},
      {"NOTIFY SET (selected (MessageNew () MessageExpunge))", "bad@36"},
      {"NOTIFY SET (selected (MessageNew (FAST) MessageExpunge))", "bad@36"},
      {"NOTIFY SET (selected (MessageNew(UID) MessageExpunge))", "bad@34"},
      {"NOTIFY SET (selected (MessageNew MessageExpunge (UID)))", "bad@50"},
      {"NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", "bad@34"},
      {"NOTIFY SET (mailboxes a (MessageNew (UID) MessageExpunge))", "bad@37"},
  });
}

TEST(ParseNotify, EventsThatGoTogether) {
  check_parse({
      {"NOTIFY SET (personal (MessageNew))", "bad@23"},
      {"NOTIFY SET (personal (MessageExpunge))", "bad@23"},
      {"NOTIFY SET (personal (FlagChange))", "bad@23"},
      {"NOTIFY SET (personal (FlagChange MessageNew))", "bad@23"},
      {"NOTIFY SET (personal (MailboxName MessageExpunge))", "bad@23"},
      {"NOTIFY SET (personal (MessageExpunge MessageNew MailboxName))",
       "NOTIFY [personal new expunge name]"},
      {"NOTIFY SET (selected (MailboxName))", "bad@24"},
      {"NOTIFY SET (selected-delayed (MessageNew MessageExpunge SubscriptionChange))", "bad@58"},
      {"NOTIFY SET (selected (ServerMetadataChange))", "bad@24"},
      {"NOTIFY SET (selected NONE) (selected NONE)", "bad@30"},
      {"NOTIFY SET (selected NONE) (personal NONE) (selected-delayed NONE)", "bad@46"},
  });
}

// RFC 5465 §3.1: an event that is not supported is NO; whatever else is wrong stays BAD.
TEST(ParseNotify, EventsThatAreNotSupported) {
  check_parse({
      {"NOTIFY SET (personal (AnnotationChange))", "NOTIFY [personal] badevent"},
      {"NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))",
       "NOTIFY [personal new expunge] badevent"},
      {"NOTIFY SET (selected (X-Mine))", "NOTIFY [selected] badevent"},
      {"NOTIFY SET (personal (X-Mine (a)))", "bad@31"},
      {"NOTIFY SET (personal (X-Mine)", "bad@31"},
  });
}

TEST(ParseNotify, Malformed) {
  check_parse({
      {"NOTIFY", "bad@8"},
      {"NOTIFY ", "bad@9"},
      {"NOTIFY NONE ", "bad@13"},
      {"NOTIFY NONE (personal NONE)", "bad@13"},
      {"NOTIFY ALL", "bad@9"},
      {"NOTIFY SET", "bad@12"},
      {"NOTIFY SET ", "bad@13"},
      {"NOTIFY SET STATUS", "bad@19"},
      {"NOTIFY SET STATUS ", "bad@20"},
      {"NOTIFY SET NONE", "bad@13"},
      {"NOTIFY SET ()", "bad@14"},
      {"NOTIFY SET (personal)", "bad@22"},
      {"NOTIFY SET (personal ())", "bad@24"},
      {"NOTIFY SET (personal ALL)", "bad@23"},
      {"NOTIFY SET (personal NONE", "bad@27"},
      {"NOTIFY SET (personal NONE) ", "bad@29"},
      {"NOTIFY SET (personal NONE)(personal NONE)", "bad@28"},
      {"NOTIFY SET (everything NONE)", "bad@14"},
      {"NOTIFY SET (mailboxes NONE)", "bad@28"},
      {"NOTIFY SET (mailboxes () NONE)", "bad@25"},
      {"NOTIFY SET (mailboxes a b NONE)", "bad@26"},
      {"NOTIFY SET (personal a NONE)", "bad@23"},
      {"NOTIFY SET STATUS STATUS (personal NONE)", "bad@20"},
      {"UID NOTIFY NONE", "bad@6"},
  });
}

TEST(ParseNotify, Bounds) {
  std::string many = "NOTIFY SET (mailboxes (";
  for (std::size_t i = 0; i <= kMaxNotifyMailboxes; ++i) many += "a ";
  many.back() = ')';
  const Parsed<Command> parsed = parse_command("a " + many + " NONE)", kPlain);
  ASSERT_TRUE(parsed);
  const auto& args = std::get<NotifyArgs>(parsed->args);
  EXPECT_TRUE(args.overflow);
  EXPECT_EQ(args.groups[0].mailboxes.size(), kMaxNotifyMailboxes);
  std::string groups = "a NOTIFY SET";
  for (int i = 0; i < 1'001; ++i) groups += " (personal NONE)";
  const Parsed<Command> refused = parse_command(groups, kPlain);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kLimit);
}

}  // namespace
}  // namespace postern::imap
