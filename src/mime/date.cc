#include "mime/date.h"

#include <array>
#include <chrono>
#include <string>

#include "base/ascii.h"
#include "mime/lexer.h"

namespace postern::mime {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
struct Zone {
  std::string_view name;
  std::int32_t minutes;
};
// RFC 5322 §4.3 obs-zone; military letters but Z say nothing reliable and count as UTC.
constexpr std::array<Zone, 12> kZones = {{{"z", 0},
                                          {"ut", 0},
                                          {"utc", 0},
                                          {"gmt", 0},
                                          {"est", -300},
                                          {"edt", -240},
                                          {"cst", -360},
                                          {"cdt", -300},
                                          {"mst", -420},
                                          {"mdt", -360},
                                          {"pst", -480},
                                          {"pdt", -420}}};

bool is_alpha(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<MailDate> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '(') {
        skip_comment();
      } else if (is_alpha(c)) {
        word();
      } else if (ascii_digit(c)) {
        number();
      } else if ((c == '+' || c == '-') && has_time_ && !has_zone_) {
        numeric_zone(c == '-');
      } else {
        ++at_;
      }
    }
    return result();
  }

 private:
  void skip_comment() {
    Lexer lexer(text_.substr(at_));
    lexer.comment();
    at_ += lexer.position();
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_alpha(text_[at_])) ++at_;
    const std::string name = to_lower(text_.substr(begin, at_ - begin).substr(0, 9));
    for (std::uint32_t m = 0; month_ == 0 && m < kMonths.size(); ++m) {
      if (name.starts_with(kMonths[m])) {
        month_ = m + 1;
        return;
      }
    }
    if (!has_time_ || has_zone_) return;
    for (const Zone& zone : kZones) {
      if (name != zone.name) continue;
      zone_ = zone.minutes;
      has_zone_ = true;
    }
  }

  // The digits at the cursor; past nine of them the value stays large and meaningless.
  std::uint32_t digits(std::size_t& count) {
    std::uint32_t value = 0;
    for (count = 0; at_ < text_.size() && ascii_digit(text_[at_]); ++at_, ++count) {
      if (count < 9) value = value * 10 + static_cast<std::uint32_t>(text_[at_] - '0');
    }
    return value;
  }

  void number() {
    std::size_t count = 0;
    const std::uint32_t value = digits(count);
    if (at_ < text_.size() && text_[at_] == ':' && !has_time_) {
      time(value);
    } else if (day_ == 0 && count <= 2) {
      day_ = value;
    } else if (!has_year_ && count <= 4) {
      has_year_ = true;
      // RFC 5322 §4.3: two digits are 1950 to 2049, three count from 1900.
      year_ = count == 2 ? value + (value < 50 ? 2000 : 1900) : count == 3 ? value + 1900 : value;
    }
  }

  void time(std::uint32_t hour) {
    std::size_t count = 0;
    ++at_;
    const std::uint32_t minute = digits(count);
    std::uint32_t second = 0;
    if (at_ < text_.size() && text_[at_] == ':') {
      ++at_;
      second = digits(count);
    }
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      digits(count);
    }
    has_time_ = true;
    if (hour <= 23 && minute <= 59 && second <= 60) {
      seconds_ = static_cast<std::int64_t>(hour) * 3600 + minute * 60 + second;
    }
  }

  void numeric_zone(bool west) {
    ++at_;
    std::size_t count = 0;
    const std::uint32_t value = digits(count);
    if (count != 4 || value % 100 > 59) return;
    const auto minutes = static_cast<std::int32_t>(value / 100 * 60 + value % 100);
    zone_ = west ? -minutes : minutes;
    has_zone_ = true;
  }

  [[nodiscard]] std::optional<MailDate> result() const {
    using namespace std::chrono;
    if (!has_year_ || month_ == 0 || year_ == 0 || year_ > 9999) return std::nullopt;
    const year_month_day date{year(static_cast<int>(year_)), month(month_), std::chrono::day(day_)};
    if (!date.ok()) return std::nullopt;
    MailDate found;
    found.day = static_cast<std::int32_t>(sys_days(date).time_since_epoch().count());
    found.zone_minutes = zone_;
    found.unix_seconds = std::int64_t{found.day} * 86400 + seconds_ - std::int64_t{zone_} * 60;
    return found;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t day_ = 0, month_ = 0, year_ = 0;
  bool has_year_ = false, has_time_ = false, has_zone_ = false;
  std::int64_t seconds_ = 0;
  std::int32_t zone_ = 0;
};

}  // namespace

std::optional<MailDate> parse_date(std::string_view unfolded) {
  return Scanner(unfolded).run();
}

}  // namespace postern::mime
