// The random commands of ModelWorld: each works out on the model what the server must do.
#include <algorithm>
#include <utility>

#include "session/testing/model_world.h"

namespace postern::session {
namespace {

bool has(const ModelUids& uids, std::uint32_t uid) {
  return std::find(uids.begin(), uids.end(), uid) != uids.end();
}

// "COPYUID 1 2:3 5:6" in some line, with these sets.
bool says_copyuid(const std::string& line, const ModelUids& from, const ModelUids& to) {
  return line.find("[COPYUID ") != std::string::npos &&
         line.find(" " + to_set(from) + " " + to_set(to) + "]") != std::string::npos;
}

}  // namespace

std::uint8_t ModelWorld::random_flags() {
  return static_cast<std::uint8_t>((1U << below(6)) | (below(4) == 0 ? 1U << below(6) : 0U));
}

std::string ModelWorld::flag_list(std::uint8_t flags) {
  std::string list = "(";
  for (std::size_t i = 0; i < std::size(kModelFlags); ++i) {
    if ((flags & (1U << i)) == 0) continue;
    if (list.size() > 1) list += ' ';
    list += kModelFlags[i];
  }
  return list + ")";
}

void ModelWorld::arrive(Player& p) {
  if (p.view.uid_next() != box(p).uid_next)
    for (const ModelRow& row : box(p).rows) newer_.push_back(row.uid);
  p.view.arrivals(box(p));
}

ModelWorld::Target ModelWorld::target(Player& p, bool by_uid) {
  Target t;
  t.by_uid = by_uid;
  const ModelRows& rows = p.view.rows();
  if (by_uid && below(4) == 0) {
    // RFC 9051 §9 seq-number: "*" is the highest UID, also when it lies before the other end, and
    // UIDNEXT without messages.
    const std::uint32_t first = 1 + below(box(p).uid_next + 1);
    t.set = std::to_string(first) + ":*";
    const std::uint32_t last = rows.empty() ? p.view.uid_next() : rows.back().uid;
    // Also what lies between them and is not known to this session yet.
    for (std::uint32_t uid = std::min(first, last); uid <= std::max(first, last); ++uid)
      t.uids.push_back(uid);
    return t;
  }
  ModelUids numbers;
  const std::uint32_t bound =
      by_uid ? box(p).uid_next + 1 : static_cast<std::uint32_t>(rows.size());
  std::uint32_t low = by_uid && bound > 40 ? bound - 40 : 0;
  if (by_uid && below(2) == 0 && !rows.empty()) low = rows.front().uid - 1;
  const std::uint32_t first = low + below(bound - low) + 1;
  const std::uint32_t count = 1 + below(4);
  for (std::uint32_t n = first; n < first + count && n <= bound; ++n) numbers.push_back(n);
  if (below(3) == 0) {
    const std::uint32_t extra = low + below(bound - low) + 1;
    if (!has(numbers, extra)) numbers.push_back(extra);
    std::sort(numbers.begin(), numbers.end());
  }
  t.set = to_set(numbers);
  for (const std::uint32_t n : numbers) t.uids.push_back(by_uid ? n : rows[n - 1].uid);
  return t;
}

bool ModelWorld::act(Player& p) {
  if (p.idle || below(25) == 0) return idle(p);
  const bool empty = p.view.rows().empty();
  const bool crowded = boxes_[0].rows.size() + boxes_[1].rows.size() > 40;
  switch (below(24)) {
    case 0:
    case 1:
    case 2:
      return crowded ? expunge(p) : append(p);
    case 3:
    case 4:
      return empty ? append(p) : fetch(p);
    case 5:
    case 6:
      return uid_fetch(p);
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return empty ? append(p) : store(p);
    case 12:
    case 13:
    case 14:
      return expunge(p);
    case 15:
      return empty || crowded ? expunge(p) : copy(p, false);
    case 16:
    case 17:
      return empty ? append(p) : copy(p, true);
    case 18:
      return search(p);
    case 19:
      return status(p);
    case 20:
      return empty ? append(p) : pipeline(p);
    case 21:
      return below(3) == 0 ? close(p) : reconnect(p);
    default:
      return ask(p, coin() ? "NOOP" : "CHECK", Finish::kTell) && tagged(p, "OK");
  }
}

bool ModelWorld::append(Player& p) {
  ModelMailbox& to = boxes_[below(4) == 0 ? 1 - p.box : p.box];
  const std::uint8_t flags = coin() ? std::uint8_t{0} : random_flags();
  const std::string text = simple_message("m");
  const ModelUids uids = to.add({flags});
  return ask(p,
             "APPEND " + to.name + " " + flag_list(flags) + " {" + std::to_string(text.size()) +
                 "+}\r\n" + text,
             Finish::kTell) &&
         tagged(p, "OK [APPENDUID ") &&
         require(p.mirror.tagged.find(" " + std::to_string(uids[0]) + "]") != std::string::npos,
                 "APPENDUID");
}

bool ModelWorld::fetch(Player& p) {
  const Target t = target(p, false);
  std::uint64_t since = 0;
  std::string modifier;
  if (p.condstore && coin()) {
    since = 1 + below(box(p).modseq);
    modifier = " (CHANGEDSINCE " + std::to_string(since) + ")";
  }
  const ModelRows shown = p.view.rows();
  if (!ask(p, "FETCH " + t.set + " (UID FLAGS)" + modifier, Finish::kHold) || !tagged(p, "OK"))
    return false;
  for (const std::uint32_t uid : t.uids) {
    if (find_row(shown, uid)->modseq > since && !p.mirror.flags_told.contains(uid))
      return wrong("FETCH without a row");
  }
  return true;
}

bool ModelWorld::uid_fetch(Player& p) {
  arrive(p);
  const Target t = target(p, true);
  std::uint64_t since = 0;
  std::string modifier;
  if (p.condstore && coin()) {
    since = 1 + below(box(p).modseq);
    modifier = " (CHANGEDSINCE " + std::to_string(since) + (p.qresync ? " VANISHED)" : ")");
  }
  const ModelRows shown = p.view.rows();
  if (!ask(p, "UID FETCH " + t.set + " (FLAGS)" + modifier, Finish::kTell) || !tagged(p, "OK"))
    return false;
  for (const std::uint32_t uid : t.uids) {
    const ModelRow* row = find_row(shown, uid);
    if (row != nullptr && row->modseq > since && !p.mirror.flags_told.contains(uid))
      return wrong("UID FETCH without a row");
  }
  if (!p.qresync || since == 0) return require(p.mirror.earlier.empty(), "VANISHED (EARLIER)");
  for (const std::uint32_t uid : p.mirror.earlier) {
    if (find_row(box(p).rows, uid) != nullptr) return wrong("VANISHED (EARLIER) of a live UID");
  }
  for (const auto& [uid, modseq] : box(p).expunged) {
    if (modseq > since && has(t.uids, uid) && find_row(shown, uid) == nullptr &&
        !p.mirror.earlier.contains(uid)) {
      return wrong("VANISHED (EARLIER) without a UID");
    }
  }
  return true;
}

bool ModelWorld::store(Player& p) {
  const bool by_uid = coin();
  if (by_uid) arrive(p);
  const Target t = target(p, by_uid);
  const char sign = "+-="[below(3)];
  const std::uint8_t flags = random_flags();
  const bool silent = coin();
  std::optional<std::uint64_t> unless;
  std::string command = std::string(by_uid ? "UID " : "") + "STORE " + t.set + " ";
  if (p.condstore && below(3) == 0) {
    unless = below(box(p).modseq + 1);
    command += "(UNCHANGEDSINCE " + std::to_string(*unless) + ") ";
  }
  if (sign != '=') command += sign;
  command += std::string("FLAGS") + (silent ? ".SILENT " : " ") + flag_list(flags);
  const ModelMailbox::Stored stored = box(p).store(t.uids, sign, flags, unless);
  p.view.hold(box(p));
  ModelUids refused = stored.failed;
  if (!by_uid) {
    for (std::uint32_t& n : refused) {
      const ModelRows& rows = p.view.rows();
      n = 1 + static_cast<std::uint32_t>(find_row(rows, n) - rows.data());
    }
  }
  const bool gone = !by_uid && stored.modified.size() < t.uids.size();
  if (!ask(p, command, by_uid ? Finish::kTell : Finish::kHold)) return false;
  if (!refused.empty()) {
    if (!tagged(p, "OK [MODIFIED " + to_set(refused) + "]")) return false;
  } else if (!tagged(p, gone ? "NO [EXPUNGEISSUED]" : "OK")) {
    return false;
  }
  if (silent) return settle_silent(p, stored.modified, sign, flags);
  for (const std::uint32_t uid : stored.modified) {
    if (!p.mirror.flags_told.contains(uid)) return wrong("STORE without a row");
  }
  return true;
}

// A client that sent .SILENT applies its change to what it was told before the change was made.
bool ModelWorld::settle_silent(Player& p, const ModelUids& modified, char sign,
                               std::uint8_t flags) {
  for (const std::uint32_t uid : modified) {
    const auto known = p.mirror.known.find(uid);
    if (known == p.mirror.known.end() || !known->second.flags) continue;
    std::uint8_t& value = *known->second.flags;
    const ModelRow* row = find_row(box(p).rows, uid);
    const bool told = p.mirror.flags_told.contains(uid);
    // What was told with the change in it needs nothing more.
    if (told && row != nullptr && value == row->flags) continue;
    value = ModelMailbox::apply(value, sign, flags);
  }
  return true;
}

bool ModelWorld::expunge(Player& p) {
  const bool by_uid = below(3) == 0;
  std::optional<ModelUids> only;
  std::string command = "EXPUNGE";
  if (by_uid) {
    Target t = target(p, true);
    command = "UID EXPUNGE " + t.set;
    only = std::move(t.uids);
  }
  static_cast<void>(box(p).expunge(only));
  p.view.tell(box(p));
  return ask(p, command, Finish::kTell) && tagged(p, "OK");
}

bool ModelWorld::copy(Player& p, bool move) {
  const bool by_uid = coin();
  if (by_uid) arrive(p);
  const Target t = target(p, by_uid);
  ModelMailbox& from = box(p);
  ModelMailbox& to = !move && below(4) == 0 ? from : boxes_[1 - p.box];
  ModelUids uids;
  std::vector<std::uint8_t> flags;
  for (const ModelRow& row : from.rows) {
    if (!has(t.uids, row.uid)) continue;
    uids.push_back(row.uid);
    flags.push_back(row.flags);
  }
  const ModelUids copies = to.add(flags);
  if (move) static_cast<void>(from.take(uids));
  if (move && !uids.empty()) p.view.tell(from);
  const std::string command =
      std::string(by_uid ? "UID " : "") + (move ? "MOVE " : "COPY ") + t.set + " " + to.name;
  if (!ask(p, command, Finish::kTell)) return false;
  if (uids.empty()) return tagged(p, by_uid ? "OK" : "NO [EXPUNGEISSUED]");
  if (!tagged(p, "OK")) return false;
  if (!move) return require(says_copyuid(p.mirror.tagged, uids, copies), "COPYUID");
  return require(
      std::any_of(p.mirror.other.begin(), p.mirror.other.end(),
                  [&](const std::string& line) { return says_copyuid(line, uids, copies); }),
      "COPYUID of MOVE");
}

bool ModelWorld::search(Player& p) {
  const bool by_uid = coin();
  if (by_uid) arrive(p);
  static constexpr const char* kKeys[] = {"SEEN",  "FLAGGED",       "DELETED",
                                          "DRAFT", "KEYWORD $Work", "KEYWORD $Later"};
  const std::size_t bit = below(std::size(kKeys) + 1);
  const bool all = bit == std::size(kKeys);
  const bool negate = !all && coin();
  ModelUids expected;
  const ModelRows& rows = p.view.rows();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool set = (rows[i].flags & (1U << bit)) != 0;
    if (all || set != negate)
      expected.push_back(by_uid ? rows[i].uid : static_cast<std::uint32_t>(i + 1));
  }
  const std::string key = all ? std::string("ALL") : std::string(negate ? "NOT " : "") + kKeys[bit];
  if (!ask(p, std::string(by_uid ? "UID " : "") + "SEARCH RETURN (ALL) " + key,
           by_uid ? Finish::kTell : Finish::kHold)) {
    return false;
  }
  return tagged(p, "OK") && require(p.mirror.found == expected, "SEARCH found something else");
}

bool ModelWorld::status(Player& p) {
  const ModelMailbox& of = boxes_[below(2)];
  if (!ask(p,
           "STATUS " + of.name + " (MESSAGES UIDNEXT UNSEEN" +
               (p.condstore ? " HIGHESTMODSEQ)" : ")"),
           Finish::kTell)) {
    return false;
  }
  std::string expected = "STATUS \"" + of.name + "\" (MESSAGES " + std::to_string(of.rows.size()) +
                         " UIDNEXT " + std::to_string(of.uid_next) + " UNSEEN " +
                         std::to_string(of.unseen());
  if (p.condstore) expected += " HIGHESTMODSEQ " + std::to_string(of.modseq);
  expected += ")";
  const bool same = p.mirror.status.size() == 1 && p.mirror.status[0] == expected;
  p.mirror.status.clear();
  return tagged(p, "OK") && require(same, "STATUS");
}

// RFC 9051 §5.5: the FETCH was written before its sender could read an EXPUNGE.
bool ModelWorld::pipeline(Player& p) {
  const Target t = target(p, false);
  trail_ += std::to_string(&p - players_.data()) + ": NOOP and FETCH " + t.set + "\n";
  newer_.clear();
  for (const ModelRow& row : box(p).rows) newer_.push_back(row.uid);
  const std::string answer = p.client->ask("p1 NOOP\r\np2 FETCH " + t.set + " (UID FLAGS)");
  if (!take_tagged(p, answer, "p1", Finish::kHold)) return false;
  const std::string rest = p.mirror.rest;
  if (!take_tagged(p, rest, "p2", Finish::kHold) || !tagged(p, "OK")) return false;
  for (const std::uint32_t uid : t.uids) {
    if (!p.mirror.flags_told.contains(uid)) return wrong("FETCH without a row");
  }
  return true;
}

bool ModelWorld::idle(Player& p) {
  trail_ += std::to_string(&p - players_.data()) + (p.idle ? ": DONE\n" : ": IDLE\n");
  newer_.clear();
  for (const ModelRow& row : box(p).rows) newer_.push_back(row.uid);
  if (p.idle) {
    p.idle = false;
    return take_tagged(p, p.client->ask("DONE"), "i", Finish::kTell) && tagged(p, "OK");
  }
  p.idle = true;
  p.mirror.rest = p.client->ask("i IDLE");
  // What comes with it is taken like what comes later.
  return require(p.mirror.rest.starts_with("+ "), "IDLE");
}

bool ModelWorld::close(Player& p) {
  if (coin()) {
    static_cast<void>(box(p).expunge(std::nullopt));
    const std::string answer = p.client->ask("c CLOSE");
    if (!require(answer.starts_with("c OK"), "CLOSE")) return false;
  }
  trail_ += std::to_string(&p - players_.data()) + ": closes and selects\n";
  p.mirror.open({});
  p.box = 1 - p.box;
  return select(p, "");
}

}  // namespace postern::session
