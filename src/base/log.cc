#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>

namespace postern {
namespace {

constexpr std::size_t kLongestValue = 512;  // LIMIT: attacker-controlled text is capped

struct Sink {
  std::mutex mutex;
  std::function<void(LogLevel, std::string_view)> capture;
};
Sink& sink() {
  static Sink instance;
  return instance;
}
std::atomic<LogFormat> log_format{LogFormat::kJson};
std::atomic<LogLevel> lowest_level{LogLevel::kInfo};

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// RFC 8259 §7, with everything but printable ASCII as \u00XX, so that a line is a line whatever the
// bytes were, and a terminal that shows it is safe. UTF-8 therefore shows byte by byte.
void append_escaped(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text.substr(0, kLongestValue)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  if (text.size() > kLongestValue) out += "...";
  out += '"';
}

void append_value(std::string& out, const LogField& field) {
  struct Visitor {
    std::string& text;
    void operator()(std::string_view v) const { append_escaped(text, v); }
    void operator()(std::int64_t v) const { text += std::to_string(v); }
    void operator()(std::uint64_t v) const { text += std::to_string(v); }
    void operator()(bool v) const { text += v ? "true" : "false"; }
    void operator()(double v) const {
      char digits[32];
      const auto end =
          std::to_chars(digits, digits + sizeof digits, v, std::chars_format::fixed, 6).ptr;
      text.append(digits, end);
    }
  };
  std::visit(Visitor{out}, field.value);
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  const std::size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S.", &utc);
  std::string text(date, length);
  const std::string digits = std::to_string(1000 + millis);
  text += digits.substr(1);
  text += 'Z';
  return text;
}

std::string format_line(LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields) {
  const bool json = log_format.load(std::memory_order_relaxed) == LogFormat::kJson;
  std::string line;
  line.reserve(256);
  if (json) {
    line += R"({"time":")";
    line += timestamp();
    line += R"(","level":")";
    line += level_name(level);
    line += R"(","event":")";
    line += event;
    line += '"';
    for (const LogField& field : fields) {
      line += ",\"";
      line += field.key;
      line += "\":";
      append_value(line, field);
    }
    line += '}';
  } else {
    line += timestamp();
    line += ' ';
    line += level_name(level);
    line += ' ';
    line += event;
    for (const LogField& field : fields) {
      line += ' ';
      line += field.key;
      line += '=';
      append_value(line, field);
    }
  }
  return line;
}

// A whole line in one write, so that lines of several threads do not mix; errors are nobody's to
// tell.
void write_stderr(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < lowest_level.load(std::memory_order_relaxed)) return;
  std::string line = format_line(level, event, fields);
  Sink& out = sink();
  const std::lock_guard lock(out.mutex);
  if (out.capture) {
    out.capture(level, line);
    return;
  }
  line += '\n';
  write_stderr(line);
}

void set_log(LogFormat format, LogLevel lowest) {
  log_format.store(format, std::memory_order_relaxed);
  lowest_level.store(lowest, std::memory_order_relaxed);
}

void set_log_sink(std::function<void(LogLevel, std::string_view)> capture) {
  Sink& out = sink();
  const std::lock_guard lock(out.mutex);
  out.capture = std::move(capture);
}

}  // namespace postern
