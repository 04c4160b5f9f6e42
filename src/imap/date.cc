// date-time and date of RFC 9051 §9.
#include "imap/date.h"

#include <array>
#include <chrono>

#include "base/ascii.h"
#include "imap/parser.h"

namespace postern::imap {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t kDaySeconds = 86'400;

// 1 to 12, 0 for no month.
unsigned month_of(std::string_view name) {
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (iequals(name, kMonths[i])) return i + 1;
  }
  return 0;
}

// Days since 1970-01-01 of a date that exists in the calendar.
std::optional<std::int32_t> days_of(std::string_view day, std::string_view month,
                                    std::string_view year) {
  const auto d = parse_decimal<unsigned>(day);
  const auto y = parse_decimal<unsigned>(year);
  if (!d.has_value() || !y.has_value() || year.size() != 4) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*y)),
                                         std::chrono::month(month_of(month)), std::chrono::day(*d)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

std::optional<unsigned> two_digits(std::string_view text, unsigned max) {
  const auto value = text.size() == 2 ? parse_decimal<unsigned>(text) : std::nullopt;
  return value.has_value() && *value <= max ? value : std::nullopt;
}

void append_digits(std::string& out, unsigned value, unsigned width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace

std::optional<std::int32_t> parse_date(std::string_view text) {
  const std::size_t first = text.find('-');
  if (first == 0 || first > 2 || text.size() != first + 9 || text[first + 4] != '-')
    return std::nullopt;
  return days_of(text.substr(0, first), text.substr(first + 1, 3), text.substr(first + 5));
}

// "dd-Mmm-yyyy hh:mm:ss +zzzz", the day with a leading space below 10.
Result<DateTime> parse_date_time(std::string_view text) {
  const auto invalid = [] { return fail(Errc::kInvalid, "date-time"); };
  if (text.size() != 26) return invalid();
  if (text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[14] != ':' || text[17] != ':' ||
      text[20] != ' ' || (text[21] != '+' && text[21] != '-')) {
    return invalid();
  }
  const std::string_view day = text.front() == ' ' ? text.substr(1, 1) : text.substr(0, 2);
  const auto days = days_of(day, text.substr(3, 3), text.substr(7, 4));
  const auto hour = two_digits(text.substr(12, 2), 23);
  const auto minute = two_digits(text.substr(15, 2), 59);
  const auto second = two_digits(text.substr(18, 2), 60);  // a leap second is the next one
  const auto zone_hour = two_digits(text.substr(22, 2), 23);
  const auto zone_minute = two_digits(text.substr(24, 2), 59);
  if (!days || !hour || !minute || !second || !zone_hour || !zone_minute) return invalid();
  const auto east = static_cast<int>(*zone_hour * 60 + *zone_minute);
  const int zone = text[21] == '-' ? -east : east;
  const std::int64_t local = *days * kDaySeconds + *hour * 3600 + *minute * 60 + *second;
  return DateTime{.unix_seconds = local - zone * std::int64_t{60},
                  .zone_minutes = static_cast<std::int16_t>(zone)};
}

std::string encode_date_time(const DateTime& when) {
  // Four digits hold the years 0 to 9999; what lies outside is shown as the nearest moment inside.
  constexpr std::int64_t kFirst = -719'528 * kDaySeconds;
  constexpr std::int64_t kLast = 2'932'897 * kDaySeconds - 1;
  const std::int64_t local = std::clamp(
      std::clamp(when.unix_seconds, kFirst, kLast) + when.zone_minutes * std::int64_t{60}, kFirst,
      kLast);
  const std::int64_t days =
      local >= 0 ? local / kDaySeconds : -((-local + kDaySeconds - 1) / kDaySeconds);
  const auto rest = static_cast<unsigned>(local - days * kDaySeconds);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  const auto day = static_cast<unsigned>(date.day());
  std::string out;
  if (day < 10) out += ' ';
  append_digits(out, day, 1);
  out += '-';
  out += kMonths[static_cast<unsigned>(date.month()) - 1];
  out += '-';
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += ' ';
  append_digits(out, rest / 3600, 2);
  out += ':';
  append_digits(out, rest / 60 % 60, 2);
  out += ':';
  append_digits(out, rest % 60, 2);
  const int zone = when.zone_minutes;
  const auto east = static_cast<unsigned>(zone < 0 ? -zone : zone);
  out += zone < 0 ? " -" : " +";
  append_digits(out, east / 60 % 100, 2);
  append_digits(out, east % 60, 2);
  return out;
}

}  // namespace postern::imap
