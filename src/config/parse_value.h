// From TOML values to the types of Settings, and back: one overload pair a type.
//
// read() leaves `out` alone on an error, whose detail is a half sentence for people.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "config/value.h"

namespace postern::config {

// "50M": powers of 1,024, or a plain number of bytes.
struct Size {
  std::uint64_t& bytes;
};
// "10s", "5m", "2h", "1d", or a plain number of seconds.
struct Time {
  Duration& time;
};
struct Path {
  std::string& path;
};

[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] Result<Duration> parse_time(std::string_view text);
// Shortest exact form: "50M", "1025".
[[nodiscard]] std::string show_size(std::uint64_t bytes);
[[nodiscard]] std::string show_time(Duration time);

[[nodiscard]] Result<void> read(const Value& value, bool& out);
[[nodiscard]] Result<void> read(const Value& value, std::string& out);  // no control characters
[[nodiscard]] Result<void> read(const Value& value, std::uint64_t& out);
[[nodiscard]] Result<void> read(const Value& value, Size out);
[[nodiscard]] Result<void> read(const Value& value, Time out);
[[nodiscard]] Result<void> read(const Value& value, const std::string& folder, Path out);
[[nodiscard]] Result<void> read(const Value& value, const std::string& folder,
                                std::vector<Endpoint>& out);
[[nodiscard]] Result<void> read(const Value& value, std::vector<Network>& out);
[[nodiscard]] Result<void> read(const Value& value, const std::string& folder,
                                std::vector<CertificateFiles>& out);

[[nodiscard]] std::string show(const std::vector<Endpoint>& value);
[[nodiscard]] std::string show(const std::vector<Network>& value);
[[nodiscard]] std::string show(const std::vector<CertificateFiles>& value);

}  // namespace postern::config
