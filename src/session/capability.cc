#include "session/capability.h"

namespace postern::session {

std::string capabilities(const Settings& settings, Authenticated authenticated) {
  std::string list = "IMAP4rev1 IMAP4rev2";
  // RFC 7888 §5: one of the two, never both.
  list += settings.literal_minus ? " LITERAL-" : " LITERAL+";
  if (authenticated == Authenticated::kNo) {
    list += " SASL-IR AUTH=PLAIN AUTH=LOGIN ID ENABLE";
    return list;
  }
  list +=
      " ID ENABLE IDLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN SPECIAL-USE CREATE-SPECIAL-USE"
      " LIST-EXTENDED LIST-STATUS STATUS=SIZE CONDSTORE QRESYNC ESEARCH SEARCHRES UTF8=ACCEPT"
      " APPENDLIMIT=";
  list += std::to_string(settings.max_message_size);
  return list;
}

}  // namespace postern::session
