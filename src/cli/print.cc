#include "cli/print.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace postern::cli {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string aliases_of(const json::object& account) {
  std::string out;
  const json::value* value = account.if_contains("aliases");
  if (value == nullptr || !value->is_array()) return out;
  for (const json::value& alias : value->get_array()) {
    if (alias.is_string()) out += (out.empty() ? "" : " ") + std::string(alias.get_string());
  }
  return out;
}

std::string quota_of(const json::object& account) {
  const json::value* quota = account.if_contains("quota");
  if (quota != nullptr && quota->is_number() && quota->to_number<double>() == 0) return "none";
  return size_text(quota);
}

// "12 of 100", or "12" without a limit.
std::string count_of(const json::object& account, std::string_view used, std::string_view limit) {
  const auto number = [&](std::string_view key) -> std::string {
    const json::value* value = account.if_contains(key);
    return value != nullptr && value->is_number() ? json::serialize(*value) : "?";
  };
  const std::string most = number(limit);
  return number(used) + (most == "0" || most == "?" ? "" : " of " + most);
}

bool is_disabled(const json::object& account) {
  const json::value* value = account.if_contains("disabled");
  return value != nullptr && value->is_bool() && value->get_bool();
}

}  // namespace

std::string size_text(const json::value* bytes) {
  if (bytes == nullptr || !bytes->is_number()) return "?";
  double amount = bytes->to_number<double>();
  if (amount < 1024) return std::to_string(static_cast<std::uint64_t>(amount)) + " bytes";
  static constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (amount /= 1024; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  char text[32] = {};
  std::snprintf(text, sizeof(text), "%.1f %s", amount, kUnits[unit]);
  return text;
}

std::string account_table(const json::array& accounts) {
  std::vector<std::array<std::string, 5>> rows = {{"ADDRESS", "USED", "QUOTA", "STATE", "ALIASES"}};
  for (const json::value& value : accounts) {
    if (!value.is_object()) continue;
    const json::object& account = value.get_object();
    rows.push_back({text_of(account, "address"), size_text(account.if_contains("used")),
                    quota_of(account), is_disabled(account) ? "disabled" : "enabled",
                    aliases_of(account)});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string account_details(const json::object& account) {
  return "address   " + text_of(account, "address") + "\n" +  //
         "aliases   " + aliases_of(account) + "\n" +          //
         "used      " + size_text(account.if_contains("used")) + "\n" + "quota     " +
         quota_of(account) + "\n" +  //
         "messages  " + count_of(account, "used_messages", "quota_messages") + "\n" + "mailboxes " +
         count_of(account, "used_mailboxes", "quota_mailboxes") + "\n" + "state     " +
         (is_disabled(account) ? "disabled" : "enabled") + "\n" + "created   " +
         text_of(account, "created") + "\n";
}

}  // namespace postern::cli
