// WITHIN, SAVEDATE, OBJECTID, PREVIEW, FUZZY, LANGUAGE, UNAUTHENTICATE: their commands as they
// come.
#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseSmall, Within) {
  check_parse({{"SEARCH YOUNGER 259200", "SEARCH YOUNGER=259200"},
               {"SEARCH older 1 UNSEEN", "SEARCH OLDER=1 UNSEEN &2"},
               {"SEARCH NOT (YOUNGER 4294967295)", "SEARCH YOUNGER=4294967295 !"},
               {"SEARCH YOUNGER 0", "bad@17"},
               {"SEARCH YOUNGER 01", "bad@17"},
               {"SEARCH YOUNGER 4294967296", "bad@17"},
               {"SEARCH YOUNGER -1", "bad@17"},
               {"SEARCH YOUNGER 1s", "bad@18"},
               {"SEARCH YOUNGER {1+}\r\n5", "bad@17"},
               {"SEARCH YOUNGER", "bad@16"},
               {"SEARCH OLDER ", "bad@15"},
               {"SEARCH OLDER  5", "bad@15"}});
}

TEST(ParseSmall, SaveDate) {
  check_parse({{"SEARCH SAVEDBEFORE 1-Jan-1970", "SEARCH SAVEDBEFORE=0"},
               {"SEARCH savedon \"2-Jan-1970\"", "SEARCH SAVEDON=1"},
               {"SEARCH SAVEDSINCE 31-Dec-1969", "SEARCH SAVEDSINCE=-1"},
               {"SEARCH SAVEDATESUPPORTED", "SEARCH SAVEDATESUPPORTED"},
               {"SEARCH NOT SAVEDATESUPPORTED", "SEARCH SAVEDATESUPPORTED !"},
               {"FETCH 998 (SAVEDATE)", "FETCH 998 SAVEDATE"},
               {"FETCH 998 savedate", "FETCH 998 SAVEDATE"},
               {"FETCH 1 SAVEDATE[]", "bad@10"},
               {"SEARCH SAVEDON 30-Feb-2020", "bad@17"},
               {"SEARCH SAVEDON", "bad@16"},
               {"SEARCH SAVEDATESUPPORTED 1-Jan-2020", "bad@28"},
               {"SEARCH SAVEDATE", "bad@9"}});
}

TEST(ParseSmall, ObjectId) {
  const std::string longest(255, 'a');
  check_parse(
      {{"SEARCH EMAILID M6d99ac3275bb4e", "SEARCH EMAILID=M6d99ac3275bb4e"},
       {"SEARCH threadid T-_9", "SEARCH THREADID=T-_9"},
       {"SEARCH EMAILID " + longest, "SEARCH EMAILID=" + longest},
       {"SEARCH OR EMAILID 1234 EMAILID 4321", "SEARCH EMAILID=1234 EMAILID=4321 |2"},
       {"FETCH 1:* (emailid threadid)", "FETCH 1:* EMAILID THREADID"},
       {"FETCH 1 (EMAILID EMAILID)", "FETCH 1 EMAILID"},
       {"STATUS foo (mailboxid)", "STATUS 'foo' MAILBOXID"},
       {"LIST \"\" \"*\" RETURN (STATUS (MAILBOXID))", "LIST '' '*' extended r:status MAILBOXID"},
       {"SEARCH EMAILID " + longest + "a", "bad@17"},
       {"SEARCH EMAILID", "bad@16"},
       {"SEARCH EMAILID ", "bad@17"},
       {"SEARCH EMAILID \"M1\"", "bad@17"},
       {"SEARCH EMAILID {2+}\r\nM1", "bad@17"},
       {"SEARCH EMAILID M1.2", "bad@19"},
       {"SEARCH THREADID NIL", "SEARCH THREADID=NIL"}});
}

TEST(ParseSmall, Preview) {
  check_parse({{"FETCH 1 (RFC822.SIZE PREVIEW)", "FETCH 1 RFC822.SIZE PREVIEW"},
               {"FETCH 1 PREVIEW", "FETCH 1 PREVIEW"},
               {"FETCH 1 (PREVIEW (LAZY))", "FETCH 1 PREVIEW(LAZY)"},
               {"FETCH 1 (PREVIEW (lazy LAZY) FLAGS)", "FETCH 1 PREVIEW(LAZY) FLAGS"},
               {"FETCH 1 PREVIEW (LAZY)", "FETCH 1 PREVIEW(LAZY)"},
               {"FETCH 1 (PREVIEW (LAZY) PREVIEW)", "FETCH 1 PREVIEW"},
               {"FETCH 1 (PREVIEW PREVIEW (LAZY))", "FETCH 1 PREVIEW"},
               {"FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 5)", "FETCH 1 PREVIEW(LAZY) since:5"},
               {"FETCH 1 PREVIEW (CHANGEDSINCE 5)", "FETCH 1 PREVIEW since:5"},
               {"FETCH 1 (PREVIEW) (CHANGEDSINCE 5)", "FETCH 1 PREVIEW since:5"},
               {"FETCH 1 (PREVIEW ())", "bad@20"},
               {"FETCH 1 (PREVIEW (EAGER))", "bad@20"},
               {"FETCH 1 (PREVIEW (LAZYX))", "bad@20"},
               {"FETCH 1 (PREVIEW (LAZY)FLAGS)", "bad@25"},
               {"FETCH 1 PREVIEW (LAZY", "bad@23"},
               {"FETCH 1 PREVIEW(LAZY)", "bad@17"}});
}

TEST(ParseSmall, Fuzzy) {
  check_parse({{"SEARCH FUZZY SUBJECT work FROM user@example.com",
                "SEARCH ~SUBJECT=work FROM=user@example.com &2"},
               {"SEARCH FUZZY (SUBJECT work NOT FROM x) SEEN",
                "SEARCH ~SUBJECT=work ~FROM=x ~! ~&2 SEEN &2"},
               {"SEARCH FUZZY FUZZY BODY x", "SEARCH ~BODY=x"},
               {"SEARCH NOT FUZZY BODY x", "SEARCH ~BODY=x !"},
               {"SEARCH OR FUZZY BODY x BODY y", "SEARCH ~BODY=x BODY=y |2"},
               {"SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT \"Helo\"", "SEARCH return:ra ~TEXT=Helo"},
               {"SEARCH RETURN (RELEVANCY ALL) TEXT \"Helo\"", "bad@32"},
               {"SORT (RELEVANCY) UTF-8 FUZZY SUBJECT \"Helo\"",
                "SORT +RELEVANCY charset:UTF-8 ~SUBJECT=Helo"},
               {"SORT RETURN (RELEVANCY ALL) (REVERSE RELEVANCY SIZE) UTF-8 FUZZY TEXT x",
                "SORT -RELEVANCY +SIZE return:ra charset:UTF-8 ~TEXT=x"},
               {"SORT (RELEVANCY) UTF-8 SUBJECT x", "bad@7"},
               {"SEARCH FUZZY", "bad@14"},
               {"SEARCH FUZZY ", "bad@15"},
               {"SEARCH FUZZY )", "bad@15"}});
  std::string deep = "SEARCH ";
  for (int i = 0; i < 80; ++i) deep += "FUZZY ";
  EXPECT_EQ(frame_and_parse({"a " + deep + "ALL\r\n"}, kPlain).substr(0, 6), "limit@");
}

TEST(ParseSmall, Language) {
  check_parse({{"LANGUAGE", "LANGUAGE"},
               {"language DE", "LANGUAGE de"},
               {"LANGUAGE FR-CA EN-CA", "LANGUAGE fr-ca en-ca"},
               {"LANGUAGE \"default\"", "LANGUAGE default"},
               {"LANGUAGE *", "bad@11"},  // list-wildcards are no ASTRING-CHAR
               {"LANGUAGE \"*\"", "LANGUAGE *"},
               {"LANGUAGE \"de-*-DE\"", "LANGUAGE de-*-de"},
               {"LANGUAGE {2+}\r\nEN", "LANGUAGE en"},
               {"LANGUAGE i-default", "LANGUAGE i-default"},
               {"LANGUAGE ", "bad@11"},
               {"LANGUAGE \"\"", "bad@11"},
               {"LANGUAGE \"d e\"", "bad@11"},
               {"LANGUAGE de-", "bad@11"},
               {"LANGUAGE -de", "bad@11"},
               {"LANGUAGE 1de", "bad@11"},
               {"LANGUAGE abcdefghi", "bad@11"},
               {"LANGUAGE de  en", "bad@14"}});
  std::string many = "LANGUAGE";
  for (int i = 0; i < 65; ++i) many += " en";
  EXPECT_EQ(frame_and_parse({"a " + many + "\r\n"}, kPlain).substr(0, 6), "limit@");
}

TEST(ParseSmall, Unauthenticate) {
  check_parse({{"UNAUTHENTICATE", "UNAUTHENTICATE"},
               {"unauthenticate", "UNAUTHENTICATE"},
               {"UNAUTHENTICATE x", "bad@16"},
               {"UNAUTHENTICATE ", "bad@16"},
               {"UID UNAUTHENTICATE", "bad@6"}});
}

}  // namespace
}  // namespace postern::imap
