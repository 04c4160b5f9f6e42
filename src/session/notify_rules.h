// NotifyRules: the event groups of one NOTIFY SET, looked up by mailbox (RFC 5465 §6).
//
// A look-up costs the depth of the name, however many mailboxes are watched, and nothing is kept
// per mailbox of the account: what a filter covers is decided when something happens, so mailboxes
// that come later, and subscriptions that change, are covered at once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imap/command.h"

namespace postern::session {

// What the client wants to be told of the mailbox it has selected, whichever that is.
struct SelectedRules {
  bool messages = true;    // MessageNew and MessageExpunge
  bool flags = true;       // FlagChange
  bool immediate = false;  // SELECTED: expunges at any time; else when a command allows them
  std::vector<imap::FetchAtt> fetch;  // of MessageNew
};

enum class Subscribed : std::uint8_t { kNo, kYes };

class NotifyRules {
 public:
  explicit NotifyRules(const imap::NotifyArgs& args);

  [[nodiscard]] const SelectedRules& selected() const { return selected_; }
  // NotifyEvent bits that are wanted for a mailbox that is not selected, or a name. Groups add up.
  // NONE for a name takes away what wider filters say of it: personal, inboxes and subscribed, for
  // `mailboxes` also subtrees, for a subtree also those around it.
  [[nodiscard]] std::uint8_t events_of(std::string_view canonical_name,
                                       Subscribed subscribed) const;
  // Some group watches messages of mailboxes that are not selected.
  [[nodiscard]] bool watches_messages() const { return watches_messages_; }
  // Some group watches metadata; or that of the server, which no filter narrows.
  [[nodiscard]] bool watches_metadata() const { return watches_metadata_; }
  [[nodiscard]] bool watches_server() const { return watches_server_; }

 private:
  struct Rule {
    std::uint8_t events = 0;
    bool none = false;
  };
  using Rules = std::map<std::string, Rule, std::less<>>;
  static void add(Rules& rules, const imap::NotifyGroup& group);

  SelectedRules selected_;
  Rules mailboxes_, subtrees_;
  std::uint8_t personal_ = 0, inboxes_ = 0, subscribed_ = 0;
  bool watches_messages_ = false;
  bool watches_metadata_ = false, watches_server_ = false;
};

}  // namespace postern::session
