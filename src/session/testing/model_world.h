// ModelWorld: two to eight sessions on two mailboxes, random commands, and a model that says after
// each of them what every session must have been told, and when (RFC 9051 §5.5 and §7.5, RFC 7162,
// RFC 5465).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "session/testing/client_mirror.h"
#include "session/testing/mailbox_model.h"
#include "session/testing/rig.h"

namespace postern::session {

// What a session asked for with NOTIFY; all but kOff also watch the mailbox they have not selected.
enum class Listens : std::uint8_t { kOff, kSelected, kDelayed, kNoFlags, kElsewhere };

struct Player {
  std::unique_ptr<Client> client;
  bool condstore = false, qresync = false, rev2 = false;
  Listens listens = Listens::kOff;
  std::size_t box = 0;
  bool idle = false;
  std::string uid_validity;
  ModelView view;       // what the server must have shown
  ClientMirror mirror;  // what the client made of the responses

  // Changes of flags in the selected mailbox are told.
  [[nodiscard]] bool hears_flags() const {
    return listens != Listens::kNoFlags && listens != Listens::kElsewhere;
  }
};

class ModelWorld {
 public:
  explicit ModelWorld(std::uint64_t seed);

  // One random command of a random session, and all checks. False: fault() says what is wrong.
  bool step();
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  enum class Finish : std::uint8_t { kTell, kHold };

  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool coin() { return below(2) == 0; }
  bool wrong(const std::string& what);
  bool require(bool held, const char* what) { return held || wrong(what); }

  bool connect(Player& p);
  bool select(Player& p, std::string_view resync);
  // Sends a command and takes its answer up to the tagged line; moves the view as its end does.
  bool ask(Player& p, const std::string& command, Finish finish);
  bool take_tagged(Player& p, std::string_view answer, std::string_view tag, Finish finish);
  bool tagged(const Player& p, std::string_view status);
  // Everything that comes without being asked for, of all sessions; then everybody is checked.
  bool settle(Player& actor, const std::array<ModelMailbox, 2>& before);
  bool check(const Player& p);
  bool check_status(Player& p, bool actor, const std::array<ModelMailbox, 2>& before);

  bool act(Player& p);
  bool append(Player& p);
  bool fetch(Player& p);
  bool uid_fetch(Player& p);
  bool store(Player& p);
  bool settle_silent(Player& p, const ModelUids& modified, char sign, std::uint8_t flags);
  bool expunge(Player& p);
  bool copy(Player& p, bool move);
  bool search(Player& p);
  bool status(Player& p);
  bool pipeline(Player& p);
  bool idle(Player& p);
  bool close(Player& p);
  bool reconnect(Player& p);

  ModelMailbox& box(const Player& p) { return boxes_[p.box]; }
  // Some messages of the view, by number or UID; UIDs may name what is not there.
  struct Target {
    bool by_uid = false;
    std::string set;
    ModelUids uids;
  };
  Target target(Player& p, bool by_uid);
  void arrive(Player& p);  // what a UID command does first
  std::uint8_t random_flags();
  static std::string flag_list(std::uint8_t flags);

  std::mt19937_64 random_;
  Rig rig_;
  std::array<ModelMailbox, 2> boxes_;
  std::vector<Player> players_;
  std::uint64_t tag_ = 0;
  ModelUids newer_;    // UIDs that EXISTS may bring in the answer at hand
  std::string trail_;  // the last commands, for the fault
  std::string fault_;
};

}  // namespace postern::session
