// Which events are wanted for which name (RFC 5465 §6), on its own.
#include "session/notify_rules.h"

#include <gtest/gtest.h>

#include "imap/parser.h"

namespace postern::session {
namespace {

constexpr std::uint8_t kMessages = imap::kMessageNew | imap::kMessageExpunge;

NotifyRules rules(std::string_view groups) {
  const auto parsed = imap::parse_command("a NOTIFY SET " + std::string(groups),
                                          {.utf8_names = true, .authenticated = true});
  EXPECT_TRUE(parsed) << groups;
  return NotifyRules(std::get<imap::NotifyArgs>(parsed->args));
}
std::uint8_t wanted(const NotifyRules& r, std::string_view name) {
  return r.events_of(name, Subscribed::kNo);
}

TEST(NotifyRules, Filters) {
  const NotifyRules r = rules(
      "(inboxes (MessageNew MessageExpunge)) (subscribed (SubscriptionChange)) "
      "(subtree (Lists \"a/b\") (MailboxName)) (mailboxes (misc inbox) (MailboxName))");
  EXPECT_EQ(wanted(r, "INBOX"), kMessages | imap::kMailboxName);
  EXPECT_EQ(wanted(r, "INBOX/x"), 0);
  EXPECT_EQ(wanted(r, "misc"), imap::kMailboxName);
  EXPECT_EQ(wanted(r, "misc/x"), 0);
  EXPECT_EQ(wanted(r, "Lists"), imap::kMailboxName);
  EXPECT_EQ(wanted(r, "Lists/x/y"), imap::kMailboxName);
  EXPECT_EQ(wanted(r, "Lists2"), 0);
  EXPECT_EQ(wanted(r, "a"), 0);
  EXPECT_EQ(wanted(r, "a/b/c"), imap::kMailboxName);
  EXPECT_EQ(r.events_of("other", Subscribed::kYes), imap::kSubscriptionChange);
  EXPECT_TRUE(r.watches_messages());
}

TEST(NotifyRules, GroupsAddUp) {
  const NotifyRules r = rules(
      "(mailboxes INBOX (MessageNew MessageExpunge)) (personal (SubscriptionChange)) "
      "(personal (MailboxName))");
  EXPECT_EQ(wanted(r, "INBOX"), kMessages | imap::kSubscriptionChange | imap::kMailboxName);
  EXPECT_EQ(wanted(r, "x"), imap::kSubscriptionChange | imap::kMailboxName);
}

TEST(NotifyRules, NoneTakesAwayFromWiderFilters) {
  const NotifyRules r = rules(
      "(personal (MailboxName)) (subtree a NONE) (subtree \"a/b\" (MessageNew MessageExpunge)) "
      "(mailboxes \"a/b/no\" NONE) (subscribed (SubscriptionChange))");
  EXPECT_EQ(wanted(r, "x"), imap::kMailboxName);
  EXPECT_EQ(r.events_of("a", Subscribed::kYes), 0);
  EXPECT_EQ(wanted(r, "a/c"), 0);
  EXPECT_EQ(wanted(r, "a/b"), kMessages);
  EXPECT_EQ(r.events_of("a/b/no", Subscribed::kYes), 0);
  const NotifyRules wide = rules("(personal NONE) (mailboxes x (MailboxName))");
  EXPECT_EQ(wanted(wide, "x"), imap::kMailboxName);
  EXPECT_EQ(wanted(wide, "y"), 0);
}

TEST(NotifyRules, TheSelectedMailbox) {
  const NotifyRules none = rules("(personal (MessageNew MessageExpunge FlagChange))");
  EXPECT_FALSE(none.selected().messages);
  EXPECT_FALSE(none.selected().flags);
  EXPECT_FALSE(rules("(selected NONE)").selected().messages);
  const NotifyRules now = rules("(selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))");
  EXPECT_TRUE(now.selected().messages);
  EXPECT_TRUE(now.selected().flags);
  EXPECT_TRUE(now.selected().immediate);
  EXPECT_EQ(now.selected().fetch.size(), 2u);
  EXPECT_FALSE(now.watches_messages());
  const NotifyRules later = rules("(selected-delayed (MessageNew MessageExpunge))");
  EXPECT_TRUE(later.selected().messages);
  EXPECT_FALSE(later.selected().flags);
  EXPECT_FALSE(later.selected().immediate);
}

TEST(NotifyRules, Metadata) {
  const NotifyRules none = rules("(personal (MailboxName))");
  EXPECT_FALSE(none.watches_metadata());
  const NotifyRules some = rules("(mailboxes a (MailboxMetadataChange))");
  EXPECT_TRUE(some.watches_metadata());
  EXPECT_FALSE(some.watches_server());
  EXPECT_EQ(wanted(some, "a"), imap::kMailboxMetadataChange);
  EXPECT_EQ(wanted(some, "b"), 0);
  const NotifyRules server = rules("(mailboxes a (ServerMetadataChange))");
  EXPECT_TRUE(server.watches_metadata());
  EXPECT_TRUE(server.watches_server());
}

TEST(NotifyRules, NamesThatCannotBeMailboxesArePassedOver) {
  const NotifyRules r = rules("(mailboxes (\"a//b\" \"*\" \"\" ok/) (MailboxName))");
  EXPECT_EQ(wanted(r, "ok"), imap::kMailboxName);
  EXPECT_EQ(wanted(r, "*"), 0);
}

}  // namespace
}  // namespace postern::session
