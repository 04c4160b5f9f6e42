#include <gtest/gtest.h>

#include "imap/parse_trace.h"

namespace postern::imap {
namespace {

TEST(ParseFetch, Items) {
  check_parse(
      {{"FETCH 1 FLAGS", "FETCH 1 FLAGS"},
       {"FETCH 1 ALL", "FETCH 1 FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"},
       {"FETCH 1 fast", "FETCH 1 FLAGS INTERNALDATE RFC822.SIZE"},
       {"FETCH 1 FULL", "FETCH 1 FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"},
       {"FETCH 1 BODY", "FETCH 1 BODY"},
       {"FETCH 1 BODYSTRUCTURE", "FETCH 1 BODYSTRUCTURE"},
       {"FETCH 1 (BODY BODY[] BODYSTRUCTURE)", "FETCH 1 BODY BODY[] BODYSTRUCTURE"},
       {"UID FETCH 1:* (UID RFC822.SIZE FLAGS MODSEQ)",
        "FETCH uid 1:* UID RFC822.SIZE FLAGS MODSEQ"},
       {"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)", "FETCH 1 RFC822 RFC822.HEADER RFC822.TEXT"},
       {"FETCH 1 (FLAGS FLAGS)", "FETCH 1 FLAGS"},
       {"FETCH 1 (ALL)", "bad@11"},
       {"FETCH 1 ()", "bad@11"},
       {"FETCH 1 (FLAGS", "bad@16"},
       {"FETCH 1 (FLAGS )", "bad@17"},
       {"FETCH 1 FLAGS UID", "bad@16"},
       {"FETCH 1 RFC822.PEEK", "bad@10"},
       {"FETCH 1 BODY.PEEK", "bad@10"},
       {"FETCH 1 FLAGS[]", "bad@10"},
       {"FETCH 1 BODYSTRUCTURE[]", "bad@10"},
       {"FETCH 1 FOO", "bad@10"},
       {"FETCH 1", "bad@9"},
       {"FETCH ,1 FLAGS", "bad@8"},
       {"FETCH 1", "bad@9"}});
}

TEST(ParseFetch, Sections) {
  check_parse({{"FETCH 1 BODY[]", "FETCH 1 BODY[]"},
               {"FETCH 1 body.peek[]", "FETCH 1 BODY.PEEK[]"},
               {"FETCH 1 BODY[1.2.3]", "FETCH 1 BODY[1.2.3]"},
               {"FETCH 1 BODY[header]", "FETCH 1 BODY[HEADER]"},
               {"FETCH 1 BODY[TEXT]", "FETCH 1 BODY[TEXT]"},
               {"FETCH 1 BODY[1.MIME]", "FETCH 1 BODY[1.MIME]"},
               {"FETCH 1 BODY[4.1.HEADER]", "FETCH 1 BODY[4.1.HEADER]"},
               {"FETCH 1 BODY.PEEK[HEADER.FIELDS (From \"To\" {2+}\r\nCc)]",
                "FETCH 1 BODY.PEEK[HEADER.FIELDS (From To Cc)]"},
               {"FETCH 1 BODY[2.HEADER.FIELDS.NOT (\"a b\")]",
                "FETCH 1 BODY[2.HEADER.FIELDS.NOT (\"a b\")]"},
               {"FETCH 1 BODY[]<0.65536>", "FETCH 1 BODY[]<0>+65536"},
               {"FETCH 1 BODY[1]<4294967295.4294967295>", "FETCH 1 BODY[1]<4294967295>+4294967295"},
               {"FETCH 1 BODY[1]<9223372036854775807.1>", "FETCH 1 BODY[1]<9223372036854775807>+1"},
               {"FETCH 1 BODY[1]<9223372036854775808.1>", "bad@18"},
               {"FETCH 1 BODY[]<0.0>", "bad@19"},
               {"FETCH 1 BODY[]<0>", "bad@18"},
               {"FETCH 1 BODY[]<-1.5>", "bad@17"},
               {"FETCH 1 BODY[MIME]", "bad@15"},
               {"FETCH 1 BODY[0]", "bad@15"},
               {"FETCH 1 BODY[1.]", "bad@17"},
               {"FETCH 1 BODY[1..2]", "bad@17"},
               {"FETCH 1 BODY[1.0]", "bad@17"},
               {"FETCH 1 BODY[01]", "bad@15"},
               {"FETCH 1 BODY[4294967296]", "bad@15"},
               {"FETCH 1 BODY[HEADER.FIELDS]", "bad@28"},
               {"FETCH 1 BODY[HEADER.FIELDS ()]", "bad@30"},
               {"FETCH 1 BODY[TEXT.1]", "bad@15"},
               {"FETCH 1 BODY[", "bad@15"},
               {"FETCH 1 BODY[]]", "bad@16"},
               {"FETCH 1 BINARY[1]", "FETCH 1 BINARY[1]"},
               {"FETCH 1 BINARY[]", "FETCH 1 BINARY[]"},
               {"FETCH 1 BINARY.PEEK[1.2]<5.10>", "FETCH 1 BINARY.PEEK[1.2]<5>+10"},
               {"FETCH 1 BINARY.SIZE[1]", "FETCH 1 BINARY.SIZE[1]"},
               {"FETCH 1 BINARY.SIZE[1]<0.5>", "bad@24"},
               {"FETCH 1 BINARY[1.MIME]", "bad@19"},
               {"FETCH 1 BINARY[HEADER]", "bad@17"},
               {"FETCH 1 BINARY", "bad@10"}});
}

TEST(ParseFetch, Modifiers) {
  check_parse(
      {{"FETCH 1 FLAGS (CHANGEDSINCE 12345)", "FETCH 1 FLAGS since:12345"},
       {"UID FETCH 1:* (FLAGS) (changedsince 1 VANISHED)", "FETCH uid 1:* FLAGS since:1 vanished"},
       {"UID FETCH 1:* (FLAGS) (VANISHED CHANGEDSINCE 1)", "FETCH uid 1:* FLAGS since:1 vanished"},
       {"UID FETCH 1 ALL (CHANGEDSINCE 9223372036854775807)",
        "FETCH uid 1 FLAGS INTERNALDATE RFC822.SIZE ENVELOPE since:9223372036854775807"},
       {"FETCH 1 FLAGS (CHANGEDSINCE 18446744073709551616)", "bad@30"},
       {"FETCH 1 FLAGS (CHANGEDSINCE 0)", "bad@30"},
       {"FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "bad@16"},
       {"UID FETCH 1 FLAGS (VANISHED)", "bad@20"},
       {"FETCH 1 FLAGS ()", "bad@17"},
       {"FETCH 1 FLAGS (FOO)", "bad@17"},
       {"FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)", "bad@32"}});
}

// What mail apps send.
TEST(ParseFetch, RealClients) {
  check_parse({{"UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc "
                "Subject Date Message-ID "
                "Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])",
                "FETCH uid 1:* UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc "
                "Subject Date Message-ID "
                "Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)]"},
               {"uid fetch 5 (UID RFC822.SIZE BODY.PEEK[]<65536.65536>)",
                "FETCH uid 5 UID RFC822.SIZE BODY.PEEK[]<65536>+65536"},
               {"UID FETCH * (UID)", "FETCH uid * UID"}});
}

}  // namespace
}  // namespace postern::imap
