// Notify: what the client of one session asked to be told with NOTIFY (RFC 5465), and what happened
// since it was told last.
//
//   unused   no NOTIFY yet: the selected mailbox, while commands run
//   set      NOTIFY SET: what its rules say, at any time
//   none     NOTIFY NONE, or the client could not keep up: nothing at all
//
// One owner, one coroutine. Memory: the rules, which the size of a command bounds, and the feed.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "base/interval_set.h"
#include "base/signal.h"
#include "mailstore/account.h"
#include "session/notify_rules.h"

namespace postern::session {

class Notify {
 public:
  // `wake` is raised when something waits to be told; it outlives this.
  explicit Notify(Signal& wake) : feed_(wake) {}

  // NOTIFY SET: from here on nothing is missed.
  void set(mailstore::Account& account, NotifyRules rules);
  // NOTIFY NONE.
  void none();
  // As before the first NOTIFY: for a session that leaves its account.
  void reset();

  [[nodiscard]] bool active() const { return rules_.has_value(); }
  // After NOTIFY NONE.
  [[nodiscard]] bool silent() const { return !active() && !by_default_.messages; }
  [[nodiscard]] bool pending() const { return active() && feed_.pending(); }
  [[nodiscard]] const NotifyRules& rules() const { return *rules_; }  // precondition: active()
  [[nodiscard]] const SelectedRules& selected() const {
    return active() ? rules_->selected() : by_default_;
  }
  [[nodiscard]] mailstore::ChangeFeed::Changes take() { return feed_.take(); }

  // RFC 5465 §3.1: a NOTIFY SET implies a NOOP, whatever it asks for. True once.
  [[nodiscard]] bool take_owed() { return std::exchange(owed_, false); }

  // RFC 5465 §5: what the client did itself it is not told. A command of the session changed the
  // messages of `mailbox`, in one change, which is published.
  void made(MailboxId mailbox) {
    if (active()) feed_.disown(mailbox);
  }
  // Likewise the name that CREATE, DELETE, SUBSCRIBE and RENAME (the new one) gave.
  void made(std::string_view canonical_name) {
    if (active()) feed_.disown(canonical_name);
  }
  // Messages that the session put into the selected mailbox: no FETCH data for them.
  void brought(const UidSet& uids) {
    if (!selected().fetch.empty()) brought_ = brought_.unite(uids);
  }
  [[nodiscard]] UidSet take_brought() { return std::exchange(brought_, {}); }

 private:
  std::optional<NotifyRules> rules_;
  SelectedRules by_default_;
  mailstore::ChangeFeed feed_;
  mailstore::Watch watch_;  // after feed_, which it fills
  UidSet brought_;
  bool owed_ = false;
};

}  // namespace postern::session
