#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseSort, Criteria) {
  check_parse(
      {{"SORT (SUBJECT) UTF-8 SINCE 1-Jan-1970", "SORT +SUBJECT charset:UTF-8 SINCE=0"},
       {"UID SORT (subject REVERSE date) us-ascii ALL",
        "SORT +SUBJECT -DATE uid charset:US-ASCII ALL"},
       {"SORT (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO) UTF-8 1:* SEEN",
        "SORT +ARRIVAL +CC +DATE +FROM +SIZE +SUBJECT +TO +DISPLAYFROM +DISPLAYTO charset:UTF-8 "
        "SEQ=1:* SEEN &2"},
       {"SORT (DATE REVERSE DATE SIZE DATE) UTF-8 ALL", "SORT +DATE +SIZE charset:UTF-8 ALL"},
       {"SORT (DATE) \"UTF-8\" SUBJECT {2+}\r\n\xC3\xA4",
        "SORT +DATE charset:UTF-8 SUBJECT=\xC3\xA4"},
       {"SORT (DATE) US-ASCII SUBJECT {2+}\r\n\xC3\xA4", "bad@31"},
       {"SORT RETURN (MIN COUNT) (REVERSE DATE) UTF-8 ALL",
        "SORT -DATE return:mc charset:UTF-8 ALL"},
       {"UID SORT RETURN () (DATE) UTF-8 UNDELETED UNKEYWORD $Junk",
        "SORT +DATE uid return: charset:UTF-8 UNDELETED UNKEYWORD=$Junk &2"},
       {"SORT RETURN (PARTIAL -1:-5 UPDATE CONTEXT) (DATE) UTF-8 ALL",
        "SORT +DATE return:pUC -1:-5 charset:UTF-8 ALL"},
       {"SORT (DATE) " + std::string(300, 'x') + " ALL", "cannot@14"},
       {"SORT (DATE) \"\" ALL", "cannot@14"},
       {"SORT", "bad@6"},
       {"SORT ", "bad@7"},
       {"SORT DATE UTF-8 ALL", "bad@7"},
       {"SORT () UTF-8 ALL", "bad@8"},
       {"SORT (REVERSE) UTF-8 ALL", "bad@15"},
       {"SORT (REVERSE REVERSE DATE) UTF-8 ALL", "bad@16"},
       {"SORT (DATE,SIZE) UTF-8 ALL", "bad@8"},
       {"SORT (DATES) UTF-8 ALL", "bad@8"},
       {"SORT (DATE ) UTF-8 ALL", "bad@13"},
       {"SORT (DATE) UTF-8", "bad@19"},
       {"SORT (DATE) ALL", "bad@17"},
       {"SORT (DATE)", "bad@13"},
       {"SORT (DATE UTF-8 ALL", "bad@13"},
       {"SORT RETURN (DATE) UTF-8 ALL", "bad@15"}});
}

TEST(ParseSort, ManyCriteriaCostNothing) {
  std::string line = "a SORT (DATE";
  for (int i = 0; i < 60'000; ++i) line += " SIZE";
  EXPECT_EQ(parse_text(line + ") UTF-8 ALL", kPlain), "SORT +DATE +SIZE charset:UTF-8 ALL");
}

TEST(ParseThread, Algorithms) {
  check_parse({{"THREAD ORDEREDSUBJECT UTF-8 ALL", "THREAD ORDEREDSUBJECT charset:UTF-8 ALL"},
               {"UID THREAD references US-ASCII TEXT \"gewp\"",
                "THREAD REFERENCES uid charset:US-ASCII TEXT=gewp"},
               {"THREAD REFS UTF-8 1:5", "THREAD REFS charset:UTF-8 SEQ=1:5"},
               {"THREAD REFERENCE UTF-8 ALL", "bad@9"},
               {"THREAD \"REFS\" UTF-8 ALL", "bad@9"},
               {"THREAD RETURN () REFS UTF-8 ALL", "bad@9"},
               {"THREAD REFS ALL", "bad@17"},
               {"THREAD REFS", "bad@13"},
               {"THREAD", "bad@8"}});
}

TEST(ParseEsearch, Sources) {
  check_parse(
      {{"ESEARCH UNSEEN", "ESEARCH uid UNSEEN"},
       {"UID ESEARCH FROM \"frobozz\" 1:100", "ESEARCH uid FROM=frobozz SEQ=1:100 &2"},
       {"ESEARCH IN (mailboxes \"folder1\" subtree \"folder2\") unseen",
        "ESEARCH in: mailboxes 'folder1' subtree 'folder2' uid UNSEEN"},
       {"ESEARCH IN (SELECTED inboxes Personal subscribed) RETURN (COUNT) CHARSET UTF-8 ALL",
        "ESEARCH in: selected inboxes personal subscribed uid return:c charset:UTF-8 ALL"},
       {"ESEARCH IN (subtree-one (a inbox {1+}\r\nb)) ALL",
        "ESEARCH in: subtree-one 'a' 'INBOX' 'b' uid ALL"},
       {"ESEARCH RETURN (PARTIAL 1:5) ALL", "ESEARCH uid return:p 1:5 ALL"},
       {"ESEARCH IN (selected-delayed) ALL", "bad@14"},
       {"ESEARCH IN () ALL", "bad@14"},
       {"ESEARCH IN (personal (x 1)) ALL", "bad@23"},
       {"ESEARCH IN (mailboxes) ALL", "bad@23"},
       {"ESEARCH IN (mailboxes ()) ALL", "bad@25"},
       {"ESEARCH IN (mailboxes (a) b) ALL", "bad@28"},
       {"ESEARCH IN personal ALL", "bad@13"},
       {"ESEARCH IN (personal)", "bad@23"},
       {"ESEARCH IN (personal) RETURN (ALL)", "bad@36"},
       {"ESEARCH RETURN (ALL) IN (personal) ALL", "bad@23"},
       {"ESEARCH", "bad@9"}});
  std::string many = "a ESEARCH IN (mailboxes (x";
  for (int i = 0; i < 1'000; ++i) many += " x";
  EXPECT_EQ(parse_text(many + ")) ALL", kPlain).substr(0, 5), "limit");
  many = "a ESEARCH IN (personal";
  for (int i = 0; i < 1'000; ++i) many += " personal";
  EXPECT_EQ(parse_text(many + ") ALL", kPlain).substr(0, 5), "limit");
}

TEST(ParseCancelUpdate, Tags) {
  check_parse({{"CANCELUPDATE \"B01\"", "CANCELUPDATE B01"},
               {"CANCELUPDATE \"B01\" \"c\"", "CANCELUPDATE B01 c"},
               {"CANCELUPDATE B01", "bad@15"},
               {"CANCELUPDATE \"B01\" ", "bad@21"},
               {"CANCELUPDATE", "bad@14"},
               {"UID CANCELUPDATE \"x\"", "bad@6"}});
  std::string many = "a CANCELUPDATE";
  for (int i = 0; i < 1'001; ++i) many += " \"x\"";
  EXPECT_EQ(parse_text(many, kPlain).substr(0, 5), "limit");
}

TEST(ParseFetchPartial, Modifier) {
  check_parse(
      {{"UID FETCH 1:* (UID FLAGS) (PARTIAL -1:-30)", "FETCH uid 1:* UID FLAGS -1:-30"},
       {"UID FETCH 1:9 FLAGS (PARTIAL 1:5 CHANGEDSINCE 7)", "FETCH uid 1:9 FLAGS since:7 1:5"},
       {"UID FETCH 1:9 FLAGS (CHANGEDSINCE 7 PARTIAL 5:1)", "FETCH uid 1:9 FLAGS since:7 5:1"},
       {"FETCH 1:9 FLAGS (PARTIAL 1:5)", "bad@19"},
       {"UID FETCH 1:9 FLAGS (PARTIAL 1:5 PARTIAL 1:5)", "bad@35"},
       {"UID FETCH 1:9 FLAGS (PARTIAL 0:5)", "bad@31"},
       {"UID FETCH 1:9 FLAGS (PARTIAL)", "bad@30"}});
}

}  // namespace
}  // namespace postern::imap
