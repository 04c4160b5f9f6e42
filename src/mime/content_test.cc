#include "mime/content.h"

#include <gtest/gtest.h>

#include "mime/limits.h"

namespace postern::mime {
namespace {

std::string parsed(std::string_view text) {
  const auto type = parse_content_type(text);
  if (!type) return "-";
  std::string out = type->type + "/" + type->subtype;
  for (const Parameter& p : type->parameters) out += ";" + p.name + "=[" + p.value + "]";
  return out;
}

struct Case {
  const char* text;
  const char* expected;
};
class ContentTypes : public testing::TestWithParam<Case> {};
TEST_P(ContentTypes, Parse) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, ContentTypes,
    testing::Values(
        Case{"", "-"}, Case{";", "-"}, Case{"/", "-"}, Case{"text/", "-"}, Case{"pdf", "-"},
        Case{"TEXT/Plain", "text/plain"}, Case{"text", "text/plain"},
        Case{"text/plain>", "text/plain"}, Case{"text/html, charset=x; a=b", "text/html;a=[b]"},
        Case{"application/pdf name=x.pdf", "application/pdf"}, Case{"text/<html>", "-"},
        Case{"multipart;boundary=x", "multipart/mixed;boundary=[x]"},
        Case{"text / plain (c) ; (d) charset (e) = (f) UTF-8 (g)", "text/plain;charset=[UTF-8]"},
        Case{"a/b;X=\"q\\\"r; s\";Y=t", "a/b;x=[q\"r; s];y=[t]"},
        Case{"a/b; boundary=--==_a/b:c=d", "a/b;boundary=[--==_a/b:c=d]"},
        Case{"a/b; name=my file.pdf; x=1", "a/b;name=[my file.pdf];x=[1]"},
        Case{"a/b; charset=utf-8 junk; x=1", "a/b;charset=[utf-8];x=[1]"},
        Case{"a/b;;; =x; y; z=; w=1", "a/b;z=[];w=[1]"},
        Case{"a/b junk \"more; junk\" ; x=1", "a/b;x=[1]"},
        Case{"a/b; x=\"open; y=2", "a/b;x=[open; y=2]"},
        // RFC 2231 §3: sections in any order become one parameter.
        Case{"a/b; n*1=b; n*0=a; n*2=\"c d\"", "a/b;n=[abc d]"},
        Case{"a/b; n*0=a; n*2=c", "a/b;n=[a]"}, Case{"a/b; n*1=a", "a/b"},
        Case{"a/b; n*=utf-8''%C3%A9", "a/b;n*=[utf-8''%C3%A9]"},
        Case{"a/b; n*0*=utf-8''%41; n*1=\"x y%\"; n*2*=%42", "a/b;n*=[utf-8''%41x%20y%25%42]"},
        Case{"a/b; n*0=x; n*1*=%42", "a/b;n*=[''x%42]"},
        Case{"a/b; n*0*=u''a; m=1; n*1*=b", "a/b;n*=[u''ab];m=[1]"},
        Case{"a/b; n*x=1; *=2; *0=3", "a/b;n*x=[1];*=[2];*0=[3]"}));

TEST(ContentTypesTest, ExtendedValuesToActOn) {
  const auto value = [](std::string_view text) {
    return parameter_value(parse_content_type(text)->parameters, "boundary").value_or("-");
  };
  EXPECT_EQ(value("a/b; boundary=x%41"), "x%41");
  EXPECT_EQ(value("a/b; boundary*=us-ascii''x%41%4"), "xA%4");
  EXPECT_EQ(value("a/b; boundary*0*=u'en'x%3D; boundary*1=y"), "x=y");
  EXPECT_EQ(value("a/b; boundary*=no'label"), "no'label");
  EXPECT_EQ(value("a/b"), "-");
}

TEST(ContentLimits, Parameters) {
  for (const std::size_t count : {kMaxParameters - 1, kMaxParameters, kMaxParameters + 1}) {
    std::string text = "a/b";
    for (std::size_t i = 0; i < count; ++i) text += "; p" + std::to_string(i) + "=v";
    EXPECT_EQ(parse_content_type(text)->parameters.size(), std::min(count, kMaxParameters));
  }
}

TEST(ContentFieldsTest, CollectsTheFirstOfEach) {
  ContentFields fields;
  fields.add("content-transfer-encoding", " (c) Base64 ; x\r\n");
  fields.add("content-transfer-encoding", " 7bit\r\n");
  fields.add("content-id", " <a@b>\r\n");
  fields.add("content-language", " en, (c) de-AT ,,fr\r\n");
  fields.add("content-disposition", " ATTACHMENT; filename*=utf-8''x\r\n");
  fields.add("content-description", " folded\r\n text \r\n");
  fields.add("subject", " no\r\n");
  EXPECT_EQ(fields.encoding, "Base64");
  EXPECT_EQ(to_encoding(*fields.encoding), Encoding::kBase64);
  EXPECT_EQ(fields.id, "<a@b>");
  EXPECT_EQ(fields.language, (std::vector<std::string>{"en", "de-AT", "fr"}));
  EXPECT_EQ(fields.disposition->kind, "attachment");
  EXPECT_EQ(fields.disposition->parameters, (std::vector<Parameter>{{"filename*", "utf-8''x"}}));
  EXPECT_EQ(fields.description, "folded text");
  EXPECT_EQ(to_encoding("x-uuencode"), Encoding::kUnknown);
  EXPECT_EQ(to_encoding("8BIT"), Encoding::kIdentity);
}

}  // namespace
}  // namespace postern::mime
