#include "config/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace postern::config {
namespace {

Environment environment(std::map<std::string, std::string> variables = {}) {
  Environment env;
  env.variable = [variables =
                      std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    if (it == variables.end()) return std::nullopt;
    return it->second;
  };
  env.hostname = "host.example.org";
  env.home = "/home/ann";
  env.folder = "/srv";
  return env;
}

Loaded good(std::string_view text, const std::vector<std::string>& sets = {},
            const std::string& file = "/etc/p/p.toml") {
  auto loaded = load_text(text, file, sets, environment());
  EXPECT_TRUE(loaded.has_value()) << format(loaded.error());
  return loaded.has_value() ? std::move(*loaded) : Loaded{};
}
std::string bad(std::string_view text, const std::vector<std::string>& sets = {}) {
  auto loaded = load_text(text, "p.toml", sets, environment());
  return loaded.has_value() ? "accepted" : format(loaded.error());
}
std::vector<std::string> texts(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> out;
  for (const Endpoint& e : endpoints) out.push_back(e.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Load, DefaultsWithAFile) {
  const Settings s = good("").settings;
  EXPECT_EQ(s.server.hostname, "host.example.org");
  EXPECT_EQ(s.server.data_dir, "/var/lib/postern");
  EXPECT_EQ(s.server.user, "postern");
  EXPECT_EQ(s.server.group, "postern");
  EXPECT_EQ(s.server.drain, std::chrono::seconds(10));
  EXPECT_EQ(texts(s.listen.imaps), (Texts{"0.0.0.0:993", "[::]:993"}));
  EXPECT_EQ(texts(s.listen.lmtp), Texts{"unix:/run/postern/lmtp.sock"});
  EXPECT_EQ(texts(s.listen.http), Texts{"127.0.0.1:8080"});
  EXPECT_EQ(texts(s.listen.admin), Texts{"unix:/run/postern/admin.sock"});
  EXPECT_TRUE(s.tls.certificates.empty());
  EXPECT_EQ(s.tls.minimum, "1.2");
  EXPECT_EQ(s.limits.max_message_size, 50u << 20);
  EXPECT_EQ(s.limits.sessions_per_account, 100u);
  EXPECT_EQ(s.storage.engine, "rocksdb");
  EXPECT_EQ(s.storage.cache, 256u << 20);
  EXPECT_EQ(s.storage.min_free, 256u << 20);
  EXPECT_EQ(s.storage.master_key, "/var/lib/postern/master.key");
  EXPECT_EQ(s.lmtp.bare_newline, BareNewline::kKeep);
  EXPECT_FALSE(s.imap.literal_minus);
  EXPECT_EQ(s.log.format, LogFormat::kJson);
  EXPECT_EQ(s.log.level, LogLevel::kInfo);
}

TEST(Load, DefaultsWithoutAFile) {
  const auto with = [](std::map<std::string, std::string> variables) {
    return load_text("", "", {}, environment(std::move(variables)))->settings;
  };
  Settings s = with({});
  EXPECT_EQ(s.server.data_dir, "/home/ann/.local/share/postern");
  EXPECT_EQ(texts(s.listen.imaps), Texts{"127.0.0.1:9993"});
  EXPECT_EQ(texts(s.listen.lmtp), Texts{"127.0.0.1:9024"});
  EXPECT_EQ(texts(s.listen.http), Texts{"127.0.0.1:9080"});
  EXPECT_EQ(texts(s.listen.admin), Texts{"unix:/home/ann/.local/share/postern/admin.sock"});
  EXPECT_EQ(s.storage.master_key, "/home/ann/.local/share/postern/master.key");
  EXPECT_EQ(with({{"XDG_DATA_HOME", "/data"}}).server.data_dir, "/data/postern");
  EXPECT_EQ(with({{"XDG_DATA_HOME", "relative"}}).server.data_dir,
            "/home/ann/.local/share/postern");
  EXPECT_EQ(
      with({{"XDG_DATA_HOME", "/data"}, {"STATE_DIRECTORY", "/var/lib/p:/other"}}).server.data_dir,
      "/var/lib/p");
}

TEST(Load, TheFileCounts) {
  const Loaded loaded = good(R"(
[server]
hostname = "mail.example.org"
data_dir = "data"
drain = "1m"
[listen]
imaps = ["[::1]:993"]
lmtp = ["0.0.0.0:24"]
admin = "unix:admin.sock"
[tls]
certificates = [{certificate = "c.pem", key = "/k.pem"}]
[lmtp]
allow_remote = ["192.0.2.0/24"]
bare_newline = "reject"
[limits]
max_message_size = 1048576
[storage]
cache = "1G"
[imap]
literal_minus = true
[log]
format = "text"
level = "debug"
)");
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.server.data_dir, "/etc/p/data") << "from the file's folder";
  EXPECT_EQ(s.storage.master_key, "/etc/p/data/master.key");
  EXPECT_EQ(s.server.drain, std::chrono::minutes(1));
  EXPECT_EQ(s.listen.admin.front().path, "/etc/p/admin.sock");
  EXPECT_EQ(s.tls.certificates.front().certificate, "/etc/p/c.pem");
  EXPECT_EQ(s.tls.certificates.front().key, "/k.pem");
  EXPECT_EQ(s.lmtp.allow_remote.size(), 1u);
  EXPECT_EQ(s.lmtp.bare_newline, BareNewline::kReject);
  EXPECT_EQ(s.limits.max_message_size, 1u << 20);
  EXPECT_EQ(s.storage.cache, 1u << 30);
  EXPECT_TRUE(s.imap.literal_minus);
  EXPECT_EQ(s.log.level, LogLevel::kDebug);
  EXPECT_EQ(loaded.origins[0], "/etc/p/p.toml:3");
}

TEST(Load, SetGoesOverTheFileAndTheLaterWins) {
  const Loaded loaded =
      good("server.hostname = \"file\"\n",
           {"server.hostname=one", "server.hostname=\"two\"", "listen.imaps=[\"127.0.0.1:1\"]",
            "tls.minimum=1.3", "server.drain=5", "log.level=warn", "storage.cache=64M",
            "server.data_dir=here", "imap.literal_minus=true", "limits.sessions_per_account=7"});
  const Settings& s = loaded.settings;
  EXPECT_EQ(s.server.hostname, "two");
  EXPECT_EQ(loaded.origins[0], "--set");
  EXPECT_EQ(texts(s.listen.imaps), Texts{"127.0.0.1:1"});
  EXPECT_EQ(s.tls.minimum, "1.3");
  EXPECT_EQ(s.server.drain, std::chrono::seconds(5));
  EXPECT_EQ(s.log.level, LogLevel::kWarn);
  EXPECT_EQ(s.storage.cache, 64u << 20);
  EXPECT_EQ(s.server.data_dir, "/etc/p/here");
  EXPECT_TRUE(s.imap.literal_minus);
  EXPECT_EQ(s.limits.sessions_per_account, 7u);
  EXPECT_EQ(good("", {"server.hostname=12"}).settings.server.hostname, "12");
  EXPECT_EQ(good("", {"server.data_dir=d"}, "").settings.server.data_dir, "/srv/d")
      << "no file: working directory";
}

TEST(Load, UnknownKeysAreErrorsWithASuggestion) {
  EXPECT_EQ(bad("[server]\nhostnmae = \"x\"\n"),
            "p.toml:2:1: unknown key \"server.hostnmae\"; did you mean \"server.hostname\"?\n");
  EXPECT_EQ(bad("[sever]\nhostname = \"x\"\n"),
            "p.toml:2:1: unknown key \"sever.hostname\"; did you mean \"server.hostname\"?\n");
  EXPECT_EQ(bad("[sever]\n"), "p.toml:1:2: unknown key \"sever\"; did you mean \"server\"?\n");
  EXPECT_EQ(bad("hostname = \"x\"\n"),
            "p.toml:1:1: unknown key \"hostname\"; did you mean \"server.hostname\"?\n");
  EXPECT_EQ(bad("[limits]\nmin_free = \"1M\"\n"),
            "p.toml:2:1: unknown key \"limits.min_free\"; did you mean \"storage.min_free\"?\n");
  EXPECT_EQ(
      bad("", {"storage.cahce=1M"}),
      "--set storage.cahce: unknown key \"storage.cahce\"; did you mean \"storage.cache\"?\n");
  EXPECT_EQ(bad("[zzzzzzzz]\n"), "p.toml:1:2: unknown key \"zzzzzzzz\"\n");
  EXPECT_NE(bad("[server.hostname]\nx = 1\n"), "accepted");
  EXPECT_NE(bad("[[server]]\nhostname = \"x\"\n"), "accepted");
}

// Work that is not there yet is unknown, not ignored.
TEST(Load, KeysOfLaterWorkAreUnknown) {
  for (const char* text : {"[acme]\ndirectory = \"x\"\n", "[auth]\nmechanisms = []\n",
                           "listen.signpost = []\n", "listen.proxy_protocol_from = []\n"}) {
    EXPECT_NE(bad(text).find("unknown key"), std::string::npos) << text;
  }
  EXPECT_EQ(bad("[acme]\ndirectory = \"x\"\n"), "p.toml:2:1: unknown key \"acme.directory\"\n");
}

TEST(Load, EveryProblemIsNamedWithItsPlace) {
  const std::string all =
      bad("[server]\nhostname = 5\ndrain = \"soon\"\n[listen]\nimaps = \"127.0.0.1:993\"\n"
          "lmtp = [\"localhost:24\"]\n[limits]\nsessions_per_account = 0\n",
          {"log.level=loud", "x"});
  EXPECT_NE(all.find("p.toml:2:12: server.hostname: expected a text in quotes, found a number\n"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("p.toml:3:9: server.drain: \"soon\" is not a time"), std::string::npos) << all;
  EXPECT_NE(all.find("p.toml:5:9: listen.imaps: expected a list"), std::string::npos) << all;
  EXPECT_NE(all.find("p.toml:6:8: listen.lmtp: \"localhost:24\" has no numeric address"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("p.toml:8:24: limits.sessions_per_account: the number must lie between 1 and"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("--set log.level: log.level: \"loud\" is not one of"), std::string::npos)
      << all;
  EXPECT_NE(all.find("--set x: write --set key.path=value"), std::string::npos) << all;
  EXPECT_NE(bad("[server\n").find("p.toml:1:"), std::string::npos);
}

TEST(Load, RulesBetweenKeys) {
  EXPECT_NE(bad("listen.lmtp = [\"0.0.0.0:24\"]\n").find("lmtp.allow_remote"), std::string::npos);
  EXPECT_NE(bad("listen.lmtp = [\"127.0.0.1:993\"]\nlisten.imaps = [\"127.0.0.1:993\"]\n")
                .find("two listeners"),
            std::string::npos);
  EXPECT_NE(bad("listen.imaps = []\nlisten.lmtp = []\n").find("nothing to serve"),
            std::string::npos);
  EXPECT_NE(bad("listen.admin = \"127.0.0.1:1\"\n").find("must be a Unix socket"),
            std::string::npos);
  EXPECT_NE(bad("tls.certificates = [{certificate = \"c\"}]\n").find("needs both"),
            std::string::npos);
  EXPECT_NE(bad("tls.certificates = [{certificat = \"c\", key = \"k\"}]\n").find("not known here"),
            std::string::npos);
  const Settings s =
      good("listen.imaps = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\nlisten.admin = \"\"\n").settings;
  EXPECT_EQ(s.listen.imaps.size(), 2u) << "port 0 twice is two ports";
  EXPECT_TRUE(s.listen.admin.empty());
}

TEST(Load, WhatShowPrintsLoadsAsTheSame) {
  const Settings before =
      good(
          "[listen]\nlmtp = [\"0.0.0.0:24\", \"unix:/a b\\\"c\"]\n[lmtp]\nallow_remote = "
          "[\"10.0.0.0/8\", \"::/0\"]\n[tls]\ncertificates = [{certificate = \"c\", key = "
          "\"k\"}]\n")
          .settings;
  std::string text;
  for (const Setting& setting : settings_table())
    text += std::string(setting.key) + " = " + setting.show(before) + "\n";
  EXPECT_TRUE(changed_settings(before, good(text).settings).empty()) << text;
}

TEST(Load, ChangedSettingsAreFound) {
  const Settings a = good("").settings,
                 b = good("log.level = \"warn\"\nserver.drain = \"9s\"\n").settings;
  const auto changed = changed_settings(a, b);
  ASSERT_EQ(changed.size(), 2u);
  EXPECT_EQ(changed[0]->key, "server.drain");
  EXPECT_EQ(changed[1]->key, "log.level");
}

TEST(Load, FilesThatCannotBeReadStop) {
  const std::string folder = testing::TempDir() + "postern_load_test";
  std::filesystem::create_directories(folder);
  Environment env = environment();
  env.folder = folder;
  auto loaded = load({.file = folder + "/absent.toml"}, env);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(format(loaded.error()).find("absent.toml: cannot be read: No such file"),
            std::string::npos);
  EXPECT_FALSE(load({.file = folder}, env).has_value());
  std::ofstream(folder + "/postern.toml") << "server.hostname = \"found\"\n";
  loaded = load({}, env);
  ASSERT_TRUE(loaded.has_value()) << format(loaded.error());
  EXPECT_EQ(loaded->settings.server.hostname, "found");
  std::ofstream(folder + "/big.toml") << "#" << std::string(2u << 20, ' ');
  EXPECT_NE(format(load({.file = folder + "/big.toml"}, env).error()).find("larger"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace postern::config
