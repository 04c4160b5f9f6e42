#include "config/table.h"

#include <algorithm>

#include "config/parse_value.h"

namespace postern::config {
namespace {

// Every row names its field by a generic lambda, so that one definition reads and writes it.
template <class Field>
Setting text_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string&) { return read(v, field(s)); };
  row.show = [field](const Settings& s) { return quote_toml(field(s)); };
  return row;
}
// Empty, or a scheme and what follows it (RFC 3986 §3).
template <class Field>
Setting uri_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string&) -> Result<void> {
    std::string text;
    POSTERN_CHECK_OK(read(v, text));
    const std::size_t colon = text.find(':');
    const bool uri = colon != 0 && colon != std::string::npos && colon + 1 != text.size() &&
                     text.find(' ') == std::string::npos;
    if (!text.empty() && !uri) {
      return fail(Errc::kInvalid,
                  quote_toml(text) + " is no URI such as \"mailto:postmaster@example.org\"");
    }
    field(s) = std::move(text);
    return {};
  };
  row.show = [field](const Settings& s) { return quote_toml(field(s)); };
  return row;
}
template <class Field>
Setting path_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string& folder) {
    return read(v, folder, Path{field(s)});
  };
  row.show = [field](const Settings& s) { return quote_toml(field(s)); };
  return row;
}
template <class Field>
Setting size_row(Setting row, std::uint64_t least, std::uint64_t most, Field field) {
  row.set = [=](Settings& s, const Value& v, const std::string&) -> Result<void> {
    std::uint64_t bytes = 0;
    POSTERN_CHECK_OK(read(v, Size{bytes}));
    if (bytes < least || bytes > most) {
      return fail(Errc::kInvalid,
                  "the size must lie between " + show_size(least) + " and " + show_size(most));
    }
    field(s) = bytes;
    return {};
  };
  row.show = [field](const Settings& s) { return quote_toml(show_size(field(s))); };
  return row;
}
template <class Field>
Setting count_row(Setting row, std::uint64_t least, std::uint64_t most, Field field) {
  row.set = [=](Settings& s, const Value& v, const std::string&) -> Result<void> {
    std::uint64_t count = 0;
    POSTERN_CHECK_OK(read(v, count));
    if (count < least || count > most) {
      return fail(Errc::kInvalid, "the number must lie between " + std::to_string(least) + " and " +
                                      std::to_string(most));
    }
    field(s) = count;
    return {};
  };
  row.show = [field](const Settings& s) { return std::to_string(field(s)); };
  return row;
}
template <class Field>
Setting time_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string&) {
    return read(v, Time{field(s)});
  };
  row.show = [field](const Settings& s) { return quote_toml(show_time(field(s))); };
  return row;
}
template <class Field>
Setting flag_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string&) { return read(v, field(s)); };
  row.show = [field](const Settings& s) { return std::string(field(s) ? "true" : "false"); };
  return row;
}
template <class Field>
Setting list_row(Setting row, Field field) {
  row.set = [field](Settings& s, const Value& v, const std::string& folder) {
    if constexpr (requires { read(v, folder, field(s)); }) {
      return read(v, folder, field(s));
    } else {
      return read(v, field(s));
    }
  };
  row.show = [field](const Settings& s) { return show(field(s)); };
  return row;
}

template <class T>
struct Choice {
  std::string_view name;
  T value;
};
template <class T, class Field>
Setting choice_row(Setting row, std::vector<Choice<T>> choices, Field field) {
  row.set = [=](Settings& s, const Value& v, const std::string&) -> Result<void> {
    std::string text, names;
    POSTERN_CHECK_OK(read(v, text));
    for (const Choice<T>& choice : choices) {
      if (choice.name == text) {
        field(s) = choice.value;
        return {};
      }
      names += (names.empty() ? "" : ", ") + quote_toml(choice.name);
    }
    return fail(Errc::kInvalid, quote_toml(text) + " is not one of " + names);
  };
  row.show = [=](const Settings& s) {
    for (const Choice<T>& choice : choices) {
      if (choice.value == field(s)) return quote_toml(choice.name);
    }
    return std::string("\"\"");
  };
  return row;
}

// The admin socket is one text, kept as a list of none or one.
Setting admin_row(Setting row) {
  row.set = [](Settings& s, const Value& v, const std::string& folder) -> Result<void> {
    std::string text;
    POSTERN_CHECK_OK(read(v, text));
    std::vector<Endpoint> admin;
    if (!text.empty()) {
      POSTERN_TRY(Endpoint endpoint, parse_endpoint(text, folder));
      // SECURITY: whoever reaches it may do everything; only file permissions guard it.
      if (!endpoint.is_unix())
        return fail(Errc::kInvalid, "the admin listener must be a Unix socket, \"unix:/path\"");
      admin.push_back(std::move(endpoint));
    }
    s.listen.admin = std::move(admin);
    return {};
  };
  row.show = [](const Settings& s) {
    return s.listen.admin.empty() ? std::string("\"\"") : quote_toml(s.listen.admin.front().text);
  };
  return row;
}

Setting row(std::string_view key, std::string_view type, std::string_view fallback,
            std::string_view local_fallback, Reload reload, std::string_view help) {
  return {key, type, fallback, local_fallback, reload, help, nullptr, nullptr};
}

constexpr Reload kHup = Reload::kOnHup, kRestart = Reload::kOnRestart;
constexpr std::uint64_t kMiB = 1u << 20, kGiB = 1u << 30;

std::vector<Setting> make_table() {
  std::vector<Setting> t;
  t.push_back(text_row(row("server.hostname", "text", "\"{hostname}\"", "", kRestart,
                           "The name of this server, in the greeting and in a certificate made by "
                           "the server itself. Default: the name of "
                           "the machine."),
                       [](auto& s) -> auto& { return s.server.hostname; }));
  t.push_back(
      path_row(row("server.data_dir", "path", "\"/var/lib/postern\"", "\"{state_dir}\"", kRestart,
                   "Where everything that outlives the process is kept. It belongs to the service "
                   "user, mode 0700, and to one "
                   "process at a time. Without a configuration file: `$STATE_DIRECTORY`, else "
                   "`$XDG_DATA_HOME/postern`, else "
                   "`~/.local/share/postern`."),
               [](auto& s) -> auto& { return s.server.data_dir; }));
  t.push_back(text_row(row("server.user", "text", "\"postern\"", "", kRestart,
                           "When started as root: the user to become once the listeners are bound "
                           "and the keys are read. A user that does "
                           "not exist stops the start. `\"root\"` keeps root, which a container "
                           "may want and nobody else."),
                       [](auto& s) -> auto& { return s.server.user; }));
  t.push_back(text_row(row("server.group", "text", "\"postern\"", "", kRestart,
                           "When started as root: the group to become, likewise."),
                       [](auto& s) -> auto& { return s.server.group; }));
  t.push_back(time_row(row("server.drain", "time", "\"10s\"", "", kHup,
                           "How long SIGTERM waits at most for sessions that were told BYE."),
                       [](auto& s) -> auto& { return s.server.drain; }));

  t.push_back(uri_row(row("server.contact", "text", "\"\"", "", kRestart,
                          "A URI under which users reach the administrator, such as "
                          "`\"mailto:postmaster@example.org\"`: the metadata entry "
                          "`/shared/admin` of the server (RFC 5464). Empty: none."),
                      [](auto& s) -> auto& { return s.server.contact; }));
  t.push_back(text_row(row("server.comment", "text", "\"\"", "", kRestart,
                           "A note about this server for its users: the metadata entry "
                           "`/shared/comment` of the server. Empty: none."),
                       [](auto& s) -> auto& { return s.server.comment; }));

  t.push_back(list_row(row("listen.imaps", "list of addresses", "[\"0.0.0.0:993\", \"[::]:993\"]",
                           "[\"127.0.0.1:9993\"]", kRestart,
                           "Where mail apps connect: IMAP with implicit TLS. Addresses are "
                           "numeric, `\"address:port\"`, `\"[v6]:port\"` or "
                           "`\"unix:/path\"`; `[::]` is IPv6 only; port 0 picks a free one. A "
                           "machine without IPv6 starts without those."),
                       [](auto& s) -> auto& { return s.listen.imaps; }));
  t.push_back(list_row(row("listen.lmtp", "list of addresses", "[\"unix:/run/postern/lmtp.sock\"]",
                           "[\"127.0.0.1:9024\"]", kRestart,
                           "Where the mail transfer agent delivers. An address that is not "
                           "loopback needs `lmtp.allow_remote`."),
                       [](auto& s) -> auto& { return s.listen.lmtp; }));
  t.push_back(list_row(
      row("listen.http", "list of addresses", "[\"127.0.0.1:8080\"]", "[\"127.0.0.1:9080\"]",
          kRestart, "Metrics (`/metrics`) and health (`/healthz`), in plain HTTP."),
      [](auto& s) -> auto& { return s.listen.http; }));
  t.push_back(admin_row(row("listen.admin", "address", "\"unix:/run/postern/admin.sock\"",
                            "\"unix:{data_dir}/admin.sock\"", kRestart,
                            "The Unix socket, mode 0600, over which `postern account` and `postern "
                            "status` reach a running server. Empty: "
                            "none.")));

  t.push_back(list_row(
      row("tls.certificates", "list of {certificate, key}", "[]", "", kHup,
          "PEM files, the certificate with its chain; several are chosen by the "
          "server name the client asks for, the first "
          "is the default. Without any, a self-signed one is made and kept under "
          "the data directory, and the log says so. "
          "SIGHUP reads the files again, also a key that only root can read: those named at the "
          "start are read with the rights of the start. One at a new place must be readable "
          "for `server.user`, or waits for a restart."),
      [](auto& s) -> auto& { return s.tls.certificates; }));
  t.push_back(choice_row<std::string>(
      row("tls.minimum", "text", "\"1.2\"", "", kHup,
          "The oldest TLS version to accept: `\"1.2\"` or `\"1.3\"`."),
      {{"1.2", "1.2"}, {"1.3", "1.3"}}, [](auto& s) -> auto& { return s.tls.minimum; }));

  t.push_back(size_row(row("limits.max_message_size", "size", "\"50M\"", "", kRestart,
                           "The largest message that APPEND and LMTP take."),
                       64 * 1024, 2 * kGiB,
                       [](auto& s) -> auto& { return s.limits.max_message_size; }));
  t.push_back(count_row(row("limits.sessions_per_account", "number", "100", "", kHup,
                            "Sessions of one account at once. One more closes a dead or the "
                            "longest idle one; a right password is never "
                            "refused."),
                        1, 100'000,
                        [](auto& s) -> auto& { return s.limits.sessions_per_account; }));

  t.push_back(choice_row<std::string>(row("storage.engine", "text", "\"rocksdb\"", "", kRestart,
                                          "The storage engine: `\"rocksdb\"`."),
                                      {{"rocksdb", "rocksdb"}},
                                      [](auto& s) -> auto& { return s.storage.engine; }));
  t.push_back(size_row(
      row("storage.cache", "size", "\"256M\"", "", kRestart, "Memory for the engine's cache."),
      kMiB, 1024 * kGiB, [](auto& s) -> auto& { return s.storage.cache; }));
  t.push_back(path_row(row("storage.master_key", "path", "\"{data_dir}/master.key\"", "", kRestart,
                           "The key that all others are wrapped with, 32 bytes, mode 0600; made on "
                           "the first start. Without it nothing in "
                           "the data directory can be read again: keep a copy elsewhere. While it "
                           "lies beside the data the start warns, "
                           "because whoever takes the disk takes both."),
                       [](auto& s) -> auto& { return s.storage.master_key; }));
  t.push_back(size_row(row("storage.min_free", "size", "\"256M\"", "", kRestart,
                           "Free disk space below which deliveries and APPEND are refused for the "
                           "time being; a preallocated reserve lets "
                           "EXPUNGE, flags and logins still work."),
                       0, 1024 * kGiB, [](auto& s) -> auto& { return s.storage.min_free; }));

  t.push_back(list_row(row("lmtp.allow_remote", "list of networks", "[]", "", kRestart,
                           "Networks that may deliver over a listener that is not loopback. LMTP "
                           "has neither encryption nor a password: "
                           "name single hosts or a network of your own."),
                       [](auto& s) -> auto& { return s.lmtp.allow_remote; }));
  t.push_back(
      choice_row<BareNewline>(row("lmtp.bare_newline", "text", "\"keep\"", "", kRestart,
                                  "What to do with a message that holds a CR or LF alone: "
                                  "`\"keep\"` stores it as it is, `\"reject\"` answers 554."),
                              {{"keep", BareNewline::kKeep}, {"reject", BareNewline::kReject}},
                              [](auto& s) -> auto& { return s.lmtp.bare_newline; }));

  t.push_back(flag_row(row("imap.literal_minus", "true or false", "false", "", kRestart,
                           "Announce LITERAL- (literals without waiting, up to 4,096 bytes) in the "
                           "place of LITERAL+ (RFC 7888)."),
                       [](auto& s) -> auto& { return s.imap.literal_minus; }));
  t.push_back(flag_row(
      row("imap.compress", "true or false", "false", "", kRestart,
          "Offer COMPRESS=DEFLATE (RFC 4978). It spares slow connections a good part of what "
          "they carry and costs processor time and about 40 KiB for each session that uses it. "
          "The length of compressed text tells something of what is in it; names and message "
          "text of different responses are kept apart for that reason."),
      [](auto& s) -> auto& { return s.imap.compress; }));
  t.push_back(flag_row(
      row("imap.unauthenticate", "true or false", "true", "", kRestart,
          "Offer UNAUTHENTICATE (RFC 8437): a client may leave its account and sign in to another "
          "one over the same connection. Switch it off behind a proxy that looks at the first "
          "login only."),
      [](auto& s) -> auto& { return s.imap.unauthenticate; }));

  t.push_back(
      choice_row<LogFormat>(row("log.format", "text", "\"json\"", "", kHup,
                                "The form of the lines on stderr: `\"json\"` or `\"text\"`."),
                            {{"json", LogFormat::kJson}, {"text", LogFormat::kText}},
                            [](auto& s) -> auto& { return s.log.format; }));
  t.push_back(choice_row<LogLevel>(row("log.level", "text", "\"info\"", "", kHup,
                                       "The least important lines to write: `\"debug\"`, "
                                       "`\"info\"`, `\"warn\"` or `\"error\"`."),
                                   {{"debug", LogLevel::kDebug},
                                    {"info", LogLevel::kInfo},
                                    {"warn", LogLevel::kWarn},
                                    {"error", LogLevel::kError}},
                                   [](auto& s) -> auto& { return s.log.level; }));
  return t;
}

}  // namespace

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = make_table();
  return table;
}

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : settings_table()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

std::vector<const Setting*> changed_settings(const Settings& a, const Settings& b) {
  std::vector<const Setting*> changed;
  for (const Setting& setting : settings_table()) {
    if (setting.show(a) != setting.show(b)) changed.push_back(&setting);
  }
  return changed;
}

}  // namespace postern::config
