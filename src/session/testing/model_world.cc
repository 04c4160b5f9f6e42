#include "session/testing/model_world.h"

#include <algorithm>
#include <utility>

namespace postern::session {
namespace {

bool contains(const ModelUids& uids, std::uint32_t uid) {
  return std::find(uids.begin(), uids.end(), uid) != uids.end();
}

void add_uids(ModelUids& uids, const ModelRows& rows) {
  for (const ModelRow& row : rows) {
    if (!contains(uids, row.uid)) uids.push_back(row.uid);
  }
  std::sort(uids.begin(), uids.end());
}

const char* notify_line(Listens listens) {
  switch (listens) {
    case Listens::kSelected:
      return "NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal "
             "(MessageNew MessageExpunge FlagChange))";
    case Listens::kDelayed:
      return "NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal "
             "(MessageNew MessageExpunge FlagChange))";
    case Listens::kNoFlags:
      return "NOTIFY SET (selected (MessageNew MessageExpunge)) (personal (MessageNew "
             "MessageExpunge))";
    case Listens::kElsewhere:
      return "NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))";
    case Listens::kOff:
      break;
  }
  return "NOOP";
}

}  // namespace

ModelWorld::ModelWorld(std::uint64_t seed) : random_(seed) {
  boxes_[0].name = "INBOX";
  boxes_[1].name = "Other";
  static_cast<void>(rig_.login()->ask("c CREATE Other"));
  players_.resize(2 + below(7));
  for (Player& p : players_) {
    p.condstore = coin();
    p.qresync = p.condstore && coin();
    p.rev2 = coin();
    p.listens = static_cast<Listens>(coin() ? 0 : below(5));
    p.box = below(4) == 0 ? 1 : 0;
    if (!connect(p)) return;
  }
}

bool ModelWorld::wrong(const std::string& what) {
  if (fault_.empty()) fault_ = what + "\nlast commands:\n" + trail_;
  return false;
}

bool ModelWorld::connect(Player& p) {
  p.client = rig_.login();
  std::string names;
  if (p.condstore) names += " CONDSTORE";
  if (p.qresync) names += " QRESYNC";
  if (p.rev2) names += " IMAP4rev2";
  if (!names.empty()) static_cast<void>(p.client->ask("e ENABLE" + names));
  p.idle = false;
  p.mirror = ClientMirror();
  if (!select(p, "")) return false;
  return p.listens == Listens::kOff || ask(p, notify_line(p.listens), Finish::kTell);
}

bool ModelWorld::select(Player& p, std::string_view resync) {
  const std::string answer = p.client->ask("s SELECT " + box(p).name + std::string(resync));
  newer_.clear();
  add_uids(newer_, box(p).rows);
  p.view.open(box(p));
  if (!p.mirror.take(answer, "s", newer_)) return wrong("SELECT: " + p.mirror.error);
  for (const std::string& line : p.mirror.other) {
    const std::size_t at = line.find("[UIDVALIDITY ");
    if (at != std::string::npos) p.uid_validity = line.substr(at + 13, line.find(']') - at - 13);
  }
  return require(p.mirror.tagged.starts_with("OK "), "SELECT refused") && check(p);
}

bool ModelWorld::ask(Player& p, const std::string& command, Finish finish) {
  const std::string tag = "t" + std::to_string(++tag_);
  trail_ += std::to_string(&p - players_.data()) + ": " + command.substr(0, 120) + "\n";
  if (trail_.size() > 2'000) trail_.erase(0, trail_.find('\n', 500) + 1);
  add_uids(newer_, box(p).rows);
  return take_tagged(p, p.client->ask(tag + " " + command), tag, finish);
}

bool ModelWorld::take_tagged(Player& p, std::string_view answer, std::string_view tag,
                             Finish finish) {
  if (!p.mirror.take(answer, tag, newer_)) {
    return wrong(p.mirror.error + "\nanswer:\n" + std::string(answer));
  }
  // RFC 9051 §7.5.1: the timing of EXPUNGE.
  if (finish == Finish::kHold && p.mirror.expunged)
    return wrong("an EXPUNGE too early:\n" + std::string(answer));
  if (p.listens == Listens::kElsewhere) return true;
  if (finish == Finish::kTell) {
    p.view.tell(box(p));
  } else {
    p.view.hold(box(p));
  }
  return true;
}

bool ModelWorld::tagged(const Player& p, std::string_view status) {
  return p.mirror.tagged.starts_with(status) ||
         wrong("expected " + std::string(status) + ", got " + p.mirror.tagged);
}

bool ModelWorld::step() {
  if (!fault_.empty()) return false;
  const std::array<ModelMailbox, 2> before = boxes_;
  newer_.clear();
  Player& actor = players_[below(players_.size())];
  return act(actor) && settle(actor, before);
}

bool ModelWorld::settle(Player& actor, const std::array<ModelMailbox, 2>& before) {
  const ModelUids newer_of_actor = std::exchange(newer_, {});
  for (Player& p : players_) {
    const bool acts = &p == &actor;
    const std::string came =
        acts ? std::exchange(p.mirror.rest, {}) + p.client->read() : p.client->read();
    if (p.listens == Listens::kOff && !p.idle) {
      if (!came.empty()) return wrong("told without being asked:\n" + came);
      if (!check(p)) return false;
      continue;
    }
    newer_ = acts ? newer_of_actor : ModelUids();
    add_uids(newer_, box(p).rows);
    if (!p.mirror.take(came, "", newer_)) return wrong(p.mirror.error + "\ncame:\n" + came);
    const bool tells = p.idle || p.listens != Listens::kDelayed;
    if (!tells && p.mirror.expunged) return wrong("an EXPUNGE between commands:\n" + came);
    if (p.listens != Listens::kElsewhere) {
      if (tells) {
        p.view.tell(box(p));
      } else {
        p.view.hold(box(p));
      }
    }
    for (const ModelRow& row : box(p).rows) {
      // RFC 5465 §5.2: FETCH data of what others brought.
      if (acts || p.listens != Listens::kSelected || row.uid < before[p.box].uid_next) continue;
      if (!p.mirror.flags_told.contains(row.uid))
        return wrong("no FETCH of a new message:\n" + came);
    }
    if (!check(p)) {
      fault_ += "what came:\n" + came;
      return false;
    }
    if (p.listens != Listens::kOff && !check_status(p, acts, before)) {
      fault_ += "session " + std::to_string(&p - players_.data()) + ", what came:\n" + came;
      return false;
    }
  }
  return true;
}

bool ModelWorld::check(const Player& p) {
  const ModelRows& rows = p.view.rows();
  const std::string who = "session " + std::to_string(&p - players_.data()) + ": ";
  if (rows.size() != p.mirror.uids.size()) {
    return wrong(who + "it knows " + std::to_string(p.mirror.uids.size()) + " messages, not " +
                 std::to_string(rows.size()));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ModelRow& row = rows[i];
    if (row.uid != p.mirror.uids[i])
      return wrong(who + "UIDs " + to_set(p.mirror.uids) + " at other numbers");
    const auto told = p.mirror.known.find(row.uid);
    if (told == p.mirror.known.end() || !p.hears_flags()) continue;
    if (told->second.flags && *told->second.flags != row.flags) {
      return wrong(who + "flags of UID " + std::to_string(row.uid) + " are " +
                   std::to_string(*told->second.flags) + ", not " + std::to_string(row.flags));
    }
    if (told->second.modseq && *told->second.modseq != row.modseq) {
      return wrong(who + "MODSEQ of UID " + std::to_string(row.uid) + " is " +
                   std::to_string(*told->second.modseq) + ", not " + std::to_string(row.modseq));
    }
  }
  return true;
}

// RFC 5465 §5: one STATUS for what others did elsewhere, none for what the session did itself.
bool ModelWorld::check_status(Player& p, bool actor, const std::array<ModelMailbox, 2>& before) {
  const ModelMailbox& now = boxes_[1 - p.box];
  const ModelMailbox& old = before[1 - p.box];
  const bool counts = now.uid_next != old.uid_next || now.expunged.size() != old.expunged.size();
  const bool flags = now.modseq != old.modseq && p.listens != Listens::kNoFlags &&
                     (p.condstore || now.unseen() != old.unseen());
  const bool expected = !actor && (counts || flags);
  if (!expected) {
    return p.mirror.status.empty() || wrong("a STATUS for nothing: " + p.mirror.status[0]);
  }
  if (p.mirror.status.size() != 1) return wrong("not one STATUS of what others did");
  const std::string& line = p.mirror.status[0];
  const auto has = [&](const std::string& item, std::uint64_t value) {
    const std::string text = item + " " + std::to_string(value);
    const std::size_t at = line.find(text);
    return at != std::string::npos &&
           (line[at + text.size()] == ' ' || line[at + text.size()] == ')');
  };
  if (!line.starts_with("STATUS \"" + now.name + "\" (")) return wrong("STATUS of " + line);
  if (counts && (!has("MESSAGES", now.rows.size()) || !has("UIDNEXT", now.uid_next)))
    return wrong("wrong numbers: " + line);
  if (p.condstore && !has("HIGHESTMODSEQ", now.modseq)) return wrong("wrong MODSEQ: " + line);
  if (flags && now.unseen() != old.unseen() && !has("UNSEEN", now.unseen()))
    return wrong("wrong UNSEEN: " + line);
  return true;
}

bool ModelWorld::reconnect(Player& p) {
  trail_ += std::to_string(&p - players_.data()) + ": reconnects\n";
  std::map<std::uint32_t, Told> cached;
  for (const auto& [uid, told] : p.mirror.known) {
    if (told.flags) cached.emplace(uid, told);
  }
  const std::uint64_t resume = p.mirror.resume;
  const std::string validity = p.uid_validity;
  if (coin()) p.client->transport().hang_up();
  if (!p.qresync || resume == 0) return connect(p);

  p.client = rig_.login();
  static_cast<void>(p.client->ask("e ENABLE QRESYNC" + std::string(p.rev2 ? " IMAP4rev2" : "")));
  p.idle = false;
  p.mirror = ClientMirror();
  p.mirror.open(cached);
  ModelUids uids;
  for (const auto& [uid, told] : cached) uids.push_back(uid);
  // Without known UIDs the server must go by all there ever were.
  const std::string known = uids.empty() || coin() ? "" : " " + to_set(uids);
  if (!select(p, " (QRESYNC (" + validity + " " + std::to_string(resume) + known + "))"))
    return false;
  for (const auto& [uid, told] : cached) {
    const ModelRow* row = find_row(box(p).rows, uid);
    if (row == nullptr) {
      if (p.mirror.known.contains(uid))
        return wrong("VANISHED (EARLIER) without " + std::to_string(uid));
    } else if (p.mirror.known.at(uid).flags != row->flags) {
      return wrong("after QRESYNC from " + std::to_string(resume) + " the flags of UID " +
                   std::to_string(uid) + " with MODSEQ " + std::to_string(row->modseq) +
                   " are old");
    }
  }
  for (const ModelRow& row : box(p).rows) {
    if (known.empty() && row.modseq > resume && !p.mirror.flags_told.contains(row.uid))
      return wrong("QRESYNC does not tell a changed row");
  }
  return p.listens == Listens::kOff || ask(p, notify_line(p.listens), Finish::kTell);
}

}  // namespace postern::session
