// LANGUAGE (RFC 5255 §3). The texts of the server are written in English, in ASCII, which is what
// "i-default" asks for too (RFC 2277 §4.5): the two differ in name only, so nothing needs to be
// remembered of the choice, and a login or UNAUTHENTICATE has nothing to change in it.
#include <array>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "session/handlers.h"

namespace postern::session {
namespace {

constexpr std::array<std::string_view, 2> kLanguages = {"en", "i-default"};

// RFC 4647 §3.4: subtags are dropped from the end until a language fits.
std::optional<std::string_view> look_up(std::string_view range) {
  // RFC 5255 §3.2: what the administrator prefers; nothing else than i-default can be set.
  if (range == "default") return "i-default";
  if (range == "*") return kLanguages.front();
  while (true) {
    for (const std::string_view language : kLanguages) {
      if (iequals(language, range)) return language;
    }
    const std::size_t dash = range.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    range = range.substr(0, dash);
    // A single letter or digit goes together with what it introduced.
    if (range.size() > 1 && range[range.size() - 2] == '-') range.remove_suffix(2);
  }
}

}  // namespace

task<Reply> do_language(Context& context, const imap::LanguageArgs& args) {
  if (args.ranges.empty()) {
    context.out.append("* LANGUAGE (");
    std::string_view separator;
    for (const std::string_view language : kLanguages) {
      context.out.append(separator);
      context.out.append(language);
      separator = " ";
    }
    context.out.append(")\r\n");
    co_return Reply::okay("LANGUAGE completed; these are supported.");
  }
  for (const std::string& range : args.ranges) {
    const auto language = look_up(range);
    if (!language) continue;
    context.out.append("* LANGUAGE (");
    context.out.append(*language);
    context.out.append(")\r\n");
    co_return Reply::okay("LANGUAGE completed.");
  }
  co_return Reply::no("CANNOT", "None of these languages is supported.");
}

}  // namespace postern::session
