#include "config/parse_value.h"

#include <filesystem>
#include <optional>

#include "base/ascii.h"

namespace postern::config {
namespace {

std::unexpected<Error> expected(std::string_view what, const Value& value) {
  return fail(Errc::kInvalid,
              "expected " + std::string(what) + ", found " + std::string(value.type_name()));
}

struct Unit {
  char letter;
  std::uint64_t factor;
};

// Digits and at most one unit letter; nullopt past 63 bits.
template <std::size_t N>
std::optional<std::uint64_t> parse_scaled(std::string_view text, const Unit (&units)[N]) {
  std::uint64_t factor = 1;
  for (const Unit& unit : units) {
    if (!text.empty() && text.back() == unit.letter) {
      factor = unit.factor;
      text.remove_suffix(1);
      break;
    }
  }
  const auto number = parse_decimal<std::uint64_t>(text);
  if (!number || *number > INT64_MAX / factor) return std::nullopt;
  return *number * factor;
}

template <std::size_t N>
std::string show_scaled(std::uint64_t value, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + unit.letter;
  }
  return std::to_string(value);
}

constexpr Unit kSizes[] = {{'G', 1ull << 30}, {'M', 1ull << 20}, {'K', 1ull << 10}};
constexpr Unit kTimes[] = {{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
constexpr std::uint64_t kMaxSeconds = 366ull * 86'400;  // LIMIT: fits Duration with room to add

Result<void> check_text(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return fail(Errc::kInvalid, "the text holds a control character");
    }
  }
  return {};
}

Result<std::string> read_path(const Value& value, const std::string& folder) {
  std::string text;
  POSTERN_CHECK_OK(read(value, text));
  if (text.empty()) return fail(Errc::kInvalid, "the path is empty");
  return (std::filesystem::path(folder) / text).lexically_normal().string();
}

template <class Items, class Text>
std::string show_list(const Items& items, const Text& text) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ", ";
    out += text(item);
  }
  return out + "]";
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  const auto size = parse_scaled(text, kSizes);
  if (!size) {
    return fail(Errc::kInvalid,
                "\"" + std::string(text) +
                    "\" is not a size; write a number with K, M or G, as in \"50M\"");
  }
  return *size;
}

Result<Duration> parse_time(std::string_view text) {
  const auto seconds = parse_scaled(text, kTimes);
  if (!seconds || *seconds > kMaxSeconds) {
    return fail(
        Errc::kInvalid,
        "\"" + std::string(text) +
            "\" is not a time of at most a year; write a number with s, m, h or d, as in \"10s\"");
  }
  return std::chrono::seconds(*seconds);
}

std::string show_size(std::uint64_t bytes) {
  return show_scaled(bytes, kSizes);
}
std::string show_time(Duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds == 0 ? "0s" : show_scaled(static_cast<std::uint64_t>(seconds), kTimes);
}

Result<void> read(const Value& value, bool& out) {
  const auto* flag = std::get_if<bool>(&value.data);
  if (flag == nullptr) return expected("true or false", value);
  out = *flag;
  return {};
}

Result<void> read(const Value& value, std::string& out) {
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) return expected("a text in quotes", value);
  POSTERN_CHECK_OK(check_text(*text));
  out = *text;
  return {};
}

Result<void> read(const Value& value, std::uint64_t& out) {
  const auto* number = std::get_if<std::int64_t>(&value.data);
  if (number == nullptr) return expected("a whole number", value);
  if (*number < 0) return fail(Errc::kInvalid, "the number is negative");
  out = static_cast<std::uint64_t>(*number);
  return {};
}

Result<void> read(const Value& value, Size out) {
  if (std::holds_alternative<std::int64_t>(value.data)) return read(value, out.bytes);
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) return expected("a size such as \"50M\"", value);
  POSTERN_TRY(out.bytes, parse_size(*text));
  return {};
}

Result<void> read(const Value& value, Time out) {
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    POSTERN_TRY(out.time, parse_time(std::to_string(*number)));
    return {};
  }
  const auto* text = std::get_if<std::string>(&value.data);
  if (text == nullptr) return expected("a time such as \"10s\"", value);
  POSTERN_TRY(out.time, parse_time(*text));
  return {};
}

Result<void> read(const Value& value, const std::string& folder, Path out) {
  POSTERN_TRY(out.path, read_path(value, folder));
  return {};
}

Result<void> read(const Value& value, const std::string& folder, std::vector<Endpoint>& out) {
  const auto* list = std::get_if<Value::List>(&value.data);
  if (list == nullptr) return expected("a list such as [\"127.0.0.1:993\"]", value);
  std::vector<Endpoint> endpoints;
  for (const Value& item : *list) {
    std::string text;
    POSTERN_CHECK_OK(read(item, text));
    POSTERN_TRY(Endpoint endpoint, parse_endpoint(text, folder));
    for (const Endpoint& other : endpoints) {
      if (other.text == endpoint.text && (endpoint.is_unix() || endpoint.port != 0)) {
        return fail(Errc::kInvalid, "\"" + endpoint.text + "\" stands there twice");
      }
    }
    endpoints.push_back(std::move(endpoint));
  }
  out = std::move(endpoints);
  return {};
}

Result<void> read(const Value& value, std::vector<Network>& out) {
  const auto* list = std::get_if<Value::List>(&value.data);
  if (list == nullptr) return expected("a list such as [\"192.0.2.0/24\"]", value);
  std::vector<Network> networks;
  for (const Value& item : *list) {
    std::string text;
    POSTERN_CHECK_OK(read(item, text));
    POSTERN_TRY(Network network, parse_network(text));
    networks.push_back(std::move(network));
  }
  out = std::move(networks);
  return {};
}

Result<void> read(const Value& value, const std::string& folder,
                  std::vector<CertificateFiles>& out) {
  const auto* list = std::get_if<Value::List>(&value.data);
  if (list == nullptr) return expected("a list of {certificate = \"...\", key = \"...\"}", value);
  std::vector<CertificateFiles> files;
  for (const Value& item : *list) {
    const auto* table = std::get_if<Value::Table>(&item.data);
    if (table == nullptr) return expected("{certificate = \"...\", key = \"...\"}", item);
    CertificateFiles pair;
    for (const Value::Entry& entry : *table) {
      if (entry.key != "certificate" && entry.key != "key") {
        return fail(Errc::kInvalid,
                    "\"" + entry.key +
                        "\" is not known here; write {certificate = \"...\", key = \"...\"}");
      }
      POSTERN_TRY((entry.key == "key" ? pair.key : pair.certificate),
                  read_path(entry.value, folder));
    }
    if (pair.certificate.empty() || pair.key.empty()) {
      return fail(Errc::kInvalid,
                  "a certificate needs both: {certificate = \"...\", key = \"...\"}");
    }
    files.push_back(std::move(pair));
  }
  out = std::move(files);
  return {};
}

std::string show(const std::vector<Endpoint>& value) {
  return show_list(value, [](const Endpoint& e) { return quote_toml(e.text); });
}
std::string show(const std::vector<Network>& value) {
  return show_list(value, [](const Network& n) { return quote_toml(n.text); });
}
std::string show(const std::vector<CertificateFiles>& value) {
  return show_list(value, [](const CertificateFiles& f) {
    return "{certificate = " + quote_toml(f.certificate) + ", key = " + quote_toml(f.key) + "}";
  });
}

}  // namespace postern::config
