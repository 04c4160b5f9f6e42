// Names: the canonical form, the table and its limits.
#include "mailstore/folders.h"

#include <gtest/gtest.h>

#include "mailstore/name_table.h"

namespace postern::mailstore {
namespace {

TEST(CanonicalName, Forms) {
  const struct {
    std::string_view name;
    std::string_view canonical;
  } kGood[] = {
      {"inbox", "INBOX"},
      {"InBoX/Sub", "INBOX/Sub"},
      {"inboxes", "inboxes"},
      {"a/inbox", "a/inbox"},
      {"a/b/", "a/b"},
      {"Entw\xc3\xbcrfe", "Entw\xc3\xbcrfe"},
      {"Entwu\xcc\x88rfe", "Entw\xc3\xbcrfe"},  // NFD
      {"..", ".."},                             // names are keys, never paths
      {"../../x", "../../x"},
      {"~user", "~user"},
      {"CON", "CON"},
      {"trailing ", "trailing "},
      {"\xc4\xb0nbox", "\xc4\xb0nbox"},  // I with a dot is not INBOX
  };
  for (const auto& [name, canonical] : kGood) {
    const auto result = canonical_name(name);
    ASSERT_TRUE(result) << name;
    EXPECT_EQ(*result, canonical);
    EXPECT_EQ(*canonical_name(*result), canonical);
  }
  const std::string_view kBad[] = {
      "",      "/",     "/a",       "a//b", "a//",          "a*b",  "a%",
      "a\x01", "a\x7f", "\xc2\x80", "\xff", "\xe2\x80\xa8", "a\nb", std::string_view("a\0b", 3),
      "//"};
  for (const std::string_view name : kBad) {
    const auto result = canonical_name(name);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, Errc::kInvalid) << name;
  }
}

TEST(CanonicalName, Limits) {
  EXPECT_TRUE(canonical_name(std::string(999, 'a')));
  EXPECT_TRUE(canonical_name(std::string(1000, 'a')));
  EXPECT_EQ(canonical_name(std::string(1001, 'a')).error().code, Errc::kLimit);
  std::string deep = "a";
  for (int depth = 2; depth <= 50; ++depth) deep += "/a";
  EXPECT_TRUE(canonical_name(deep));
  EXPECT_EQ(canonical_name(deep + "/a").error().code, Errc::kLimit);
}

class Table : public testing::Test {
 protected:
  Result<Folder> next() {
    Folder folder;
    folder.id = MailboxId(++last_);
    folder.uid_validity = UidValidity(last_);
    return folder;
  }
  Result<void> create(const std::string& name, SpecialUse use = SpecialUse::kNone) {
    POSTERN_TRY(NameChanges changes, table_.plan_create(name, use, [this] { return next(); }));
    table_.apply(changes);
    return {};
  }
  Result<void> rename(const std::string& from, const std::string& to) {
    POSTERN_TRY(NameChanges changes, table_.plan_rename(from, to, [this] { return next(); }));
    table_.apply(changes);
    return {};
  }
  NameTable table_;
  std::uint32_t last_ = 0;
};

TEST_F(Table, CountLimit) {
  for (std::size_t i = 0; i + 2 < kMaxMailboxes; ++i) ASSERT_TRUE(create("m" + std::to_string(i)));
  EXPECT_EQ(table_.mailboxes(), kMaxMailboxes - 2);
  EXPECT_EQ(create("p/q/r").error().code, Errc::kLimit);  // with its parents one too many
  EXPECT_TRUE(create("p/q"));
  EXPECT_EQ(create("one more").error().code, Errc::kLimit);
  EXPECT_EQ(rename("m1", "new/m1").error().code, Errc::kLimit);
  EXPECT_TRUE(rename("m1", "p/m1"));
}

TEST_F(Table, RenameKeepsIdsAndChecksEveryChild) {
  ASSERT_TRUE(create("a/b/c"));
  ASSERT_TRUE(create("d/b"));
  const MailboxId c = table_.find("a/b/c")->id;
  EXPECT_EQ(rename("a", "a/b/x").error().code, Errc::kCannot);
  EXPECT_EQ(rename("a", "a").error().code, Errc::kAlreadyExists);
  table_.apply(*table_.plan_remove("d"));
  EXPECT_EQ(rename("a", "d").error().code, Errc::kAlreadyExists);  // d/b is there
  EXPECT_EQ(rename("a", std::string(997, 'n')).error().code,
            Errc::kLimit);  // a child gets too long
  ASSERT_TRUE(rename("a", "e"));
  EXPECT_EQ(table_.find("e/b/c")->id, c);
  EXPECT_EQ(table_.find("a"), nullptr);
  EXPECT_EQ(table_.find(c)->name, "e/b/c");
  // A name that is only a parent moves what lies below it.
  table_.apply(*table_.plan_remove("e/b"));
  ASSERT_TRUE(rename("e/b", "f"));
  EXPECT_EQ(table_.find(c)->name, "f/c");
  ASSERT_TRUE(rename("f", "f2"));
  EXPECT_EQ(table_.find(c)->name, "f2/c");
}

TEST_F(Table, ChildTakesTheNameOfItsParent) {
  ASSERT_TRUE(create("a/a"));
  table_.apply(*table_.plan_subscribe("a/a", true));
  table_.apply(*table_.plan_remove("a"));
  const MailboxId child = table_.find("a/a")->id;
  ASSERT_TRUE(rename("a/a", "a"));
  EXPECT_EQ(table_.find("a")->id, child);
  EXPECT_TRUE(table_.find("a")->subscribed);
  EXPECT_FALSE(table_.find("a/a")->exists());
}

TEST_F(Table, Snapshot) {
  ASSERT_TRUE(create("b/c"));
  ASSERT_TRUE(create("INBOX"));
  ASSERT_TRUE(create("b-x"));
  ASSERT_TRUE(create("A"));
  table_.apply(*table_.plan_remove("b"));
  const FoldersPtr folders = table_.snapshot();
  std::vector<std::string> names;
  for (const Folder& folder : folders->all()) names.push_back(folder.name);
  EXPECT_EQ(names, (std::vector<std::string>{"INBOX", "A", "b", "b-x", "b/c"}));
  EXPECT_FALSE(folders->find("b")->exists());
  EXPECT_TRUE(folders->has_children("b"));
  EXPECT_FALSE(folders->has_children("b-x"));
  EXPECT_FALSE(folders->has_children("INBOX"));
  EXPECT_EQ(folders->find("c"), nullptr);
  EXPECT_EQ(folders->find(folders->find("b/c")->id)->name, "b/c");
}

TEST(SpecialUse, Attributes) {
  EXPECT_EQ(to_attribute(SpecialUse::kJunk), "\\Junk");
  EXPECT_EQ(to_attribute(SpecialUse::kNone), "");
  EXPECT_EQ(parse_special_use("\\sENT"), SpecialUse::kSent);
  EXPECT_FALSE(parse_special_use("\\Inbox"));
  EXPECT_FALSE(parse_special_use(""));
}

}  // namespace
}  // namespace postern::mailstore
