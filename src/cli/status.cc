#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "cli/account_call.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/verbs.h"

namespace postern::cli {
namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return "";
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

std::string joined(const json::object& object, std::string_view key) {
  std::string out;
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) return out;
  for (const json::value& item : value->get_array()) {
    if (item.is_string()) out += (out.empty() ? "" : " ") + std::string(item.get_string());
  }
  return out;
}

void print(const json::object& status) {
  std::printf("postern %s, process %s, up for %s s\n", text_at(status, "version").c_str(),
              text_at(status, "pid").c_str(), text_at(status, "uptime_seconds").c_str());
  if (const json::value* listen = status.if_contains("listen");
      listen != nullptr && listen->is_object()) {
    for (const char* name : {"imaps", "lmtp", "http", "admin"}) {
      std::printf("%-12s %s\n", name, joined(listen->get_object(), name).c_str());
    }
  }
  if (const json::value* list = status.if_contains("certificates");
      list != nullptr && list->is_array()) {
    for (const json::value& one : list->get_array()) {
      if (!one.is_object()) continue;
      const json::object& info = one.get_object();
      std::printf("certificate  %s, %s days left, for %s\n", text_at(info, "file").c_str(),
                  text_at(info, "days_left").c_str(), joined(info, "names").c_str());
    }
  }
  std::printf("accounts     %s\nsessions     %s\n", text_at(status, "accounts").c_str(),
              text_at(status, "sessions").c_str());
  if (const json::value* storage = status.if_contains("storage");
      storage != nullptr && storage->is_object()) {
    const json::object& space = storage->get_object();
    std::printf("storage      %s used, %s left, %s\n", size_text(space.if_contains("used")).c_str(),
                size_text(space.if_contains("free")).c_str(),
                text_at(space, "accepting") == "true" ? "taking mail" : "NOT taking mail");
  }
  if (const json::value* commit = status.if_contains("commit_ms");
      commit != nullptr && commit->is_number()) {
    std::printf("commit       %.2f ms on average\n", commit->to_number<double>());
  }
  if (const json::value* errors = status.if_contains("last_errors");
      errors != nullptr && errors->is_array()) {
    for (const json::value& line : errors->get_array()) {
      if (line.is_string()) std::printf("log          %s\n", line.get_string().c_str());
    }
  }
}

int run(const Common& common) {
  const auto loaded = load_settings(common);
  if (!loaded) return kFailed;
  auto server = AccountCall::open_server(loaded->settings);
  if (!server.has_value()) return fail_with("no server runs: " + server.error().detail);
  const auto answer = (*server)->call("status", {});
  if (!answer.has_value()) return fail_with(answer.error().detail);
  if (common.json) {
    std::puts(json::serialize(*answer).c_str());
  } else {
    print(*answer);
  }
  return kOk;
}

}  // namespace

void add_status(CLI::App& app, int& code) {
  CLI::App* verb = app.add_subcommand("status", "Say what is running and how it is");
  auto common = std::make_shared<Common>();
  add_common(*verb, *common, Prints::kData);
  verb->callback([common, &code] { code = run(*common); });
}

}  // namespace postern::cli
