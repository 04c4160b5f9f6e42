#include "session/capability.h"

#include <string_view>

namespace postern::session {
namespace {

enum class When : std::uint8_t { kAlways, kBefore, kAfter };  // login

struct Row {
  std::string_view name;
  When when;
};

// What no setting changes, in the order of announcing. A row is added when all of it works.
constexpr Row kRows[] = {
    {"SASL-IR", When::kBefore},
    {"AUTH=PLAIN", When::kBefore},
    {"AUTH=LOGIN", When::kBefore},
    {"ID", When::kAlways},
    {"ENABLE", When::kAlways},
    {"IDLE", When::kAfter},
    {"NAMESPACE", When::kAfter},
    {"UIDPLUS", When::kAfter},
    {"MOVE", When::kAfter},
    {"UNSELECT", When::kAfter},
    {"CHILDREN", When::kAfter},
    {"SPECIAL-USE", When::kAfter},
    {"CREATE-SPECIAL-USE", When::kAfter},
    {"LIST-EXTENDED", When::kAfter},
    {"LIST-STATUS", When::kAfter},
    {"STATUS=SIZE", When::kAfter},
    {"CONDSTORE", When::kAfter},
    {"QRESYNC", When::kAfter},
    {"ESEARCH", When::kAfter},
    {"SEARCHRES", When::kAfter},
    {"UTF8=ACCEPT", When::kAfter},
    {"UIDONLY", When::kAfter},
    {"UIDBATCHES", When::kAfter},
    {"QUOTA", When::kAfter},
    {"QUOTA=RES-STORAGE", When::kAfter},
    {"QUOTA=RES-MESSAGE", When::kAfter},
    {"QUOTA=RES-MAILBOX", When::kAfter},
    {"QUOTASET", When::kAfter},
    {"METADATA", When::kAfter},
    {"METADATA-SERVER", When::kAfter},
    {"LIST-METADATA", When::kAfter},
    {"NOTIFY", When::kAfter},
    {"SORT", When::kAfter},
    {"SORT=DISPLAY", When::kAfter},
    {"ESORT", When::kAfter},
    {"THREAD=ORDEREDSUBJECT", When::kAfter},
    {"THREAD=REFERENCES", When::kAfter},
    {"THREAD=REFS", When::kAfter},
    {"PARTIAL", When::kAfter},
    {"CONTEXT=SEARCH", When::kAfter},
    {"CONTEXT=SORT", When::kAfter},
    {"MULTISEARCH", When::kAfter},
    {"WITHIN", When::kAfter},
    {"SAVEDATE", When::kAfter},
    {"OBJECTID", When::kAfter},
    {"PREVIEW", When::kAfter},
    {"I18NLEVEL=1", When::kAfter},
    {"LANGUAGE", When::kAlways},
    {"SEARCH=FUZZY", When::kAfter},
    {"INPROGRESS", When::kAfter},
};

}  // namespace

std::string capabilities(const Settings& settings, Authenticated authenticated) {
  const When left_out = authenticated == Authenticated::kYes ? When::kBefore : When::kAfter;
  std::string list = "IMAP4rev1 IMAP4rev2";
  // RFC 7888 §5: one of the two, never both.
  list += settings.literal_minus ? " LITERAL-" : " LITERAL+";
  for (const Row& row : kRows) {
    if (row.when != left_out) list.append(" ").append(row.name);
  }
  if (authenticated == Authenticated::kYes)
    list += " APPENDLIMIT=" + std::to_string(settings.max_message_size);
  if (authenticated == Authenticated::kYes && settings.unauthenticate) list += " UNAUTHENTICATE";
  if (authenticated == Authenticated::kYes && settings.compress) list += " COMPRESS=DEFLATE";
  return list;
}

}  // namespace postern::session
