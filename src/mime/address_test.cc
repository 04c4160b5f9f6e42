#include "mime/address.h"

#include <gtest/gtest.h>

namespace postern::mime {
namespace {

std::string show(const std::optional<std::string>& text) {
  return text.has_value() ? "'" + *text + "'" : "-";
}

std::string parsed(std::string_view text, std::size_t limit = 1000) {
  std::string out;
  for (const Address& a : parse_addresses(text, limit)) {
    out +=
        "(" + show(a.name) + " " + show(a.adl) + " " + show(a.mailbox) + " " + show(a.host) + ")";
  }
  return out;
}

struct Case {
  const char* text;
  const char* expected;
};
class Addresses : public testing::TestWithParam<Case> {};
TEST_P(Addresses, Parse) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, Addresses,
    testing::Values(
        Case{"", ""}, Case{"  \t ", ""}, Case{",,;,", ""},
        Case{"a@b.example", "(- - 'a' 'b.example')"},
        Case{"<a@b.example>", "(- - 'a' 'b.example')"},
        Case{"Ann Lee <a@b.example>, b@c", "('Ann Lee' - 'a' 'b.example')(- - 'b' 'c')"},
        Case{"\"Lee, Ann\" <a@b>", "('Lee, Ann' - 'a' 'b')"},
        Case{"\"a \\\"q\\\" \\\\ b\" <a@b>", "('a \"q\" \\ b' - 'a' 'b')"},
        Case{"a@b (Ann (the \\) first) Lee)", "('Ann (the ) first) Lee' - 'a' 'b')"},
        Case{"Ann (x) Lee <a@b>", "('Ann Lee' - 'a' 'b')"},
        Case{"John Q. Public <j@p>", "('John Q. Public' - 'j' 'p')"},
        Case{"=?utf-8?q?=C3=A9?= <a@b>", "('=?utf-8?q?=C3=A9?=' - 'a' 'b')"},
        Case{"\"john doe\"@x.example", "(- - 'john doe' 'x.example')"},
        Case{"pete . smith @ host . example", "(- - 'pete.smith' 'host.example')"},
        Case{"<@a.example,@b.example:c@d>", "(- '@a.example,@b.example' 'c' 'd')"},
        Case{"u@[192.0.2.1]", "(- - 'u' '[192.0.2.1]')"},
        // A group is a start and an end around its members (RFC 9051 §7.5.2).
        Case{"Team: a@b, C <c@d>;", "(- - 'Team' -)(- - 'a' 'b')('C' - 'c' 'd')(- - - -)"},
        Case{"undisclosed-recipients:;", "(- - 'undisclosed-recipients' -)(- - - -)"},
        Case{"a:;", "(- - 'a' -)(- - - -)"},
        Case{"Team: a@b", "(- - 'Team' -)(- - 'a' 'b')(- - - -)"},
        Case{"a:b:c@d;", "(- - 'a' -)(- - - -)(- - 'b' -)(- - 'c' 'd')(- - - -)"},
        Case{"x@y, \"A B\": p@q;, z@w",
             "(- - 'x' 'y')(- - 'A B' -)(- - 'p' 'q')(- - - -)(- - 'z' 'w')"},
        // What is missing is empty, never NIL.
        Case{"root", "(- - 'root' '')"}, Case{"<root>", "(- - 'root' '')"},
        Case{"<>", "(- - '' '')"}, Case{"Ann <>", "('Ann' - '' '')"},
        Case{"Mailer Daemon", "('Mailer Daemon' - '' '')"}, Case{"\"Ann\"", "('Ann' - '' '')"},
        Case{"@host", "(- - '' 'host')"}, Case{"a@", "(- - 'a' '')"},
        // Broken in ways seen in mail.
        Case{"a@b.example <a@b.example>", "('a@b.example' - 'a' 'b.example')"},
        Case{"c@(the host)d.example", "(- - 'c' 'd.example')"},
        Case{"<c@(the host) d (x) . example (y)>", "(- - 'c' 'd.example')"},
        Case{"a(x)@b (y)", "('y' - 'a' 'b')"}, Case{"a@b.(x)c", "(- - 'a' 'b.c')"},
        // Several addresses without a comma: none is lost, none joins another.
        Case{"A B <a@b> C D <c@d>", "('A B' - 'a' 'b')('C D' - 'c' 'd')"},
        Case{"<a@b> <c@d>", "(- - 'a' 'b')(- - 'c' 'd')"},
        Case{"a@b c@d, e@f", "(- - 'a' 'b')(- - 'c' 'd')(- - 'e' 'f')"},
        Case{"A <a@b> C c@d", "('A' - 'a' 'b')('C' - 'c' 'd')"},
        Case{"A a@b C c@d (x)", "('A' - 'a' 'b')('C' - 'c' 'd')"},
        Case{"<a@b> Ann", "('Ann' - 'a' 'b')"}, Case{"Ann a@b Lee", "('Ann Lee' - 'a' 'b')"},
        Case{"a@b Ann <c@d>", "('a@b Ann' - 'c' 'd')"}, Case{"<a b>", "(- - 'a b' '')"},
        Case{"<x.example a@b>", "(- - 'a' 'b')"}, Case{"<\"a b\" c@d>", "(- - 'c' 'd')"},
        Case{"<a . b @ c>", "(- - 'a.b' 'c')"}, Case{"<a b: c;>", "(- - 'a b: c' '')"},
        Case{"Ann a@b", "('Ann' - 'a' 'b')"}, Case{"a@b@c", "(- - 'a@b' 'c')"},
        Case{"<a@b@c>", "(- - 'a@b' 'c')"}, Case{"<<a@b>>", "(- - 'a' 'b')"},
        Case{"Ann <a@b, C <c@d>", "('Ann' - 'a' 'b')('C' - 'c' 'd')"},
        Case{"a@b; c@d", "(- - 'a' 'b')(- - 'c' 'd')"},
        Case{"<mailto:a@b>", "(- - 'mailto:a' 'b')"}, Case{"Ann <a @ b>", "('Ann' - 'a' 'b')"},
        Case{"\xFF\xFE <a@b>", "('\xFF\xFE' - 'a' 'b')"}, Case{"(only a comment)", ""},
        Case{"a@b (", "(- - 'a' 'b')"}, Case{"a@b (x\\", "('x' - 'a' 'b')"},
        Case{"\"open <a@b>", "('open <a@b>' - '' '')"}, Case{"u@[1.2", "(- - 'u' '[1.2')"},
        Case{")>a@b", "(- - 'a' 'b')"}));

TEST(AddressLimit, StopsAtTheLimitAndClosesTheGroup) {
  EXPECT_EQ(parsed("a@b,c@d,e@f", 2), "(- - 'a' 'b')(- - 'c' 'd')");
  EXPECT_EQ(parsed("g:a@b,c@d,e@f;", 2), "(- - 'g' -)(- - 'a' 'b')(- - - -)");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "u@e,";
  EXPECT_EQ(parse_addresses(many, 1000).size(), 1000u);
  EXPECT_EQ(parse_addresses(many, 999).size(), 999u);
  EXPECT_EQ(parse_addresses(many, 2000).size(), 1001u);
  EXPECT_EQ(parsed("a@b c@d e@f", 1), "(- - 'a' 'b')");
  EXPECT_EQ(parsed("<a@b> <c@d> <e@f>", 2), "(- - 'a' 'b')(- - 'c' 'd')");
}

}  // namespace
}  // namespace postern::mime
