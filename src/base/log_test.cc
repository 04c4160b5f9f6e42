#include "base/log.h"

#include <gtest/gtest.h>

#include "base/metrics.h"

namespace postern {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    set_log_sink([this](LogLevel, std::string_view line) { lines_.emplace_back(line); });
  }
  void TearDown() override {
    set_log_sink(nullptr);
    set_log(LogFormat::kJson, LogLevel::kInfo);
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, EscapesWhatAPeerControls) {
  log_info("bad_command", {{"text", "a\r\n\x1b[31m\"\\\xff"}, {"count", 3}, {"ok", false}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(
      lines_[0].find(
          R"("event":"bad_command","text":"a\u000d\u000a\u001b[31m\"\\\u00ff","count":3,"ok":false})"),
      std::string::npos)
      << lines_[0];
}

TEST_F(LogTest, CapsLongValuesAndFiltersByLevel) {
  log_debug("hidden");
  log_warn("long", {{"text", std::string(5000, 'x')}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_LT(lines_[0].size(), 700u);
  set_log(LogFormat::kText, LogLevel::kDebug);
  log_debug("shown", {{"n", 1}});
  EXPECT_NE(lines_[1].find("debug shown n=1"), std::string::npos) << lines_[1];
}

TEST(Metrics, RenderPrometheusText) {
  static Counter counter("postern_test_total", "Counts.", "kind=\"a\"");
  static Counter other("postern_test_total", "Counts.", "kind=\"b\"");
  static Histogram histogram("postern_test_seconds", "Times.");
  counter.add(2);
  histogram.observe(0.003);
  histogram.observe(99);
  const std::string text = render_metrics();
  EXPECT_NE(text.find("# TYPE postern_test_total counter\npostern_test_total{kind=\"a\"} 2\n"
                      "postern_test_total{kind=\"b\"} 0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("postern_test_seconds_bucket{le=\"0.005\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("postern_test_seconds_bucket{le=\"+Inf\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("postern_test_seconds_count 2\n"), std::string::npos);
  EXPECT_DOUBLE_EQ(histogram.quantile(0.5), 0.005);
}

}  // namespace
}  // namespace postern
