// I12: whatever several sessions do to one mailbox, each client that keeps a mailbox from the
// responses alone agrees with the server once NOOP is answered. Random operations, fixed seeds.
#include <gtest/gtest.h>

#include <charconv>
#include <random>
#include <set>

#include "base/ascii.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

// What a client knows: per sequence number the UID and flags, as far as it was told.
class Mirror {
 public:
  struct Row {
    std::uint32_t uid = 0;  // 0: not told
    std::optional<std::set<std::string>> flags;
  };

  // Takes a whole answer; returns false on a response that contradicts what was told before.
  bool take(std::string_view answer) {
    std::string response;  // without the octets of its literals
    while (!answer.empty()) {
      const std::size_t end = answer.find("\r\n");
      if (end == std::string_view::npos) return false;
      response += answer.substr(0, end);
      answer.remove_prefix(end + 2);
      if (response.ends_with('}')) {
        const std::size_t brace = response.rfind('{') + 1;
        const auto size = parse_decimal<std::size_t>(
            std::string_view(response).substr(brace, response.size() - brace - 1));
        if (!size || *size > answer.size()) return false;
        answer.remove_prefix(*size);
        continue;
      }
      if (!line(response)) return false;
      response.clear();
    }
    return true;
  }
  std::vector<Row> rows;

 private:
  bool line(std::string_view text) {
    if (!text.starts_with("* ")) return true;
    text.remove_prefix(2);
    if (text.starts_with("VANISHED ")) return vanished(text.substr(9));
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return true;
    const std::string_view what(end + 1,
                                static_cast<std::size_t>(text.data() + text.size() - end - 1));
    if (what == "EXISTS") {
      if (number < rows.size()) return false;
      rows.resize(number);
    } else if (what == "EXPUNGE") {
      if (number == 0 || number > rows.size()) return false;
      rows.erase(rows.begin() + (number - 1));
    } else if (what.starts_with("FETCH (")) {
      if (number == 0 || number > rows.size()) return false;
      return fetch(rows[number - 1], what);
    }
    return true;
  }

  bool fetch(Row& row, std::string_view what) {
    if (const std::size_t at = what.find("UID "); at != std::string_view::npos) {
      const auto uid = parse_decimal<std::uint32_t>(
          what.substr(at + 4, what.find_first_of(" )", at + 4) - at - 4));
      if (!uid || (row.uid != 0 && row.uid != *uid)) return false;
      row.uid = *uid;
    }
    if (const std::size_t at = what.find("FLAGS ("); at != std::string_view::npos) {
      row.flags.emplace();
      std::string_view list = what.substr(at + 7, what.find(')', at) - at - 7);
      while (!list.empty()) {
        const std::string_view flag = list.substr(0, list.find(' '));
        if (flag != "\\Recent") row.flags->insert(std::string(flag));
        list.remove_prefix(std::min(list.size(), flag.size() + 1));
      }
    }
    return true;
  }

  bool vanished(std::string_view text) {
    if (text.starts_with("(")) return true;
    while (!text.empty()) {
      const std::string_view item = text.substr(0, text.find(','));
      const std::size_t colon = item.find(':');
      const auto first = parse_decimal<std::uint32_t>(item.substr(0, colon));
      const auto last = colon == std::string_view::npos
                            ? first
                            : parse_decimal<std::uint32_t>(item.substr(colon + 1));
      if (!first || !last) return false;
      for (std::uint32_t uid = *first; uid <= *last; ++uid) {
        const auto row =
            std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.uid == uid; });
        if (row == rows.end()) return false;
        rows.erase(row);
      }
      text.remove_prefix(std::min(text.size(), item.size() + 1));
    }
    return true;
  }
};

struct Player {
  std::unique_ptr<Client> client;
  Mirror mirror;
  bool by_uid = false;  // VANISHED needs every UID known
};

class Agreement : public testing::TestWithParam<unsigned> {
 protected:
  Agreement() : random(GetParam()) {}
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); }
  std::string number(const Player& p) {
    return std::to_string(1 + pick(static_cast<std::uint32_t>(p.mirror.rows.size())));
  }

  std::string operation(const Player& p) {
    static const char* const kFlags[] = {"\\Seen",  "\\Flagged", "\\Deleted",
                                         "\\Draft", "$Work",     "$Later"};
    static const char* const kSigns[] = {"", "+", "-"};
    const std::string message = simple_message("x");
    switch (pick(p.mirror.rows.empty() ? 2 : 12)) {
      case 0:
        return "a APPEND INBOX {" + std::to_string(message.size()) + "+}\r\n" + message;
      case 1:
        return "a NOOP";
      case 2:
        return "a EXPUNGE";
      case 3:
        return "a FETCH " + number(p) + " (UID FLAGS)";
      case 4:
        return "a MOVE " + number(p) + " Trash";
      case 5:
        return "a COPY " + number(p) + " INBOX";
      case 6:
        return "a FETCH " + number(p) + " BODY[HEADER.FIELDS (SUBJECT)]\r\nb NOOP";
      case 7:
        return "a UID SEARCH ALL";
      case 8:
        return "a NOOP\r\nb FETCH " + number(p) + " FLAGS";
      default:
        break;
    }
    std::string set = number(p);
    if (pick(2) == 0) set += ":" + number(p);
    return "a STORE " + set + " " + kSigns[pick(3)] + "FLAGS (" + kFlags[pick(6)] + ")";
  }

  Rig rig;
  std::mt19937 random;
};

TEST_P(Agreement, AfterNoopEverybodyHasTheSame) {
  std::vector<Player> players(4);
  const char* const enable[] = {"", "CONDSTORE", "QRESYNC", "IMAP4rev2"};
  for (std::size_t i = 0; i < players.size(); ++i) {
    players[i].client = rig.login();
    players[i].by_uid = i == 2;
    if (*enable[i] != '\0')
      static_cast<void>(players[i].client->ask(std::string("e ENABLE ") + enable[i]));
    ASSERT_TRUE(players[i].mirror.take(players[i].client->ask("s SELECT INBOX")));
  }
  for (int step = 0; step < 600; ++step) {
    Player& p = players[pick(static_cast<std::uint32_t>(players.size()))];
    const std::string line = operation(p);
    std::string answer = p.client->ask(line);
    ASSERT_TRUE(p.mirror.take(answer)) << line << "\n" << answer;
    if (p.by_uid) {
      answer = p.client->ask("u UID FETCH 1:* UID");
      ASSERT_TRUE(p.mirror.take(answer)) << answer;
    }
  }
  for (Player& p : players) {
    ASSERT_TRUE(p.mirror.take(p.client->ask("n NOOP")));
  }
  auto judge = rig.login();
  Mirror truth;
  ASSERT_TRUE(truth.take(judge->ask("s SELECT INBOX")));
  ASSERT_TRUE(truth.take(judge->ask("f UID FETCH 1:* FLAGS")));
  for (const Player& p : players) {
    ASSERT_EQ(p.mirror.rows.size(), truth.rows.size());
    for (std::size_t i = 0; i < truth.rows.size(); ++i) {
      const Mirror::Row& row = p.mirror.rows[i];
      if (row.uid != 0) EXPECT_EQ(row.uid, truth.rows[i].uid) << i;
      if (row.flags) EXPECT_EQ(*row.flags, *truth.rows[i].flags) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Agreement, testing::Range(1U, 21U));

// Whatever moment the client hangs up at, the session ends and nothing is left behind.
TEST(HangUp, AtEveryByteOfASession) {
  const std::string script =
      "a LOGIN {3+}\r\njoe secret\r\nb APPEND INBOX {3+}\r\nabc\r\nc SELECT INBOX\r\nd UID FETCH 1 "
      "BODY[]\r\n"
      "e IDLE\r\nDONE\r\nf SEARCH TEXT {1+}\r\na\r\ng STORE 1 +FLAGS (\\Deleted)\r\nh EXPUNGE\r\ni "
      "LOGOUT\r\n";
  Rig rig;
  for (std::size_t cut = 0; cut < script.size(); ++cut) {
    auto client = rig.connect();
    static_cast<void>(client->raw(script.substr(0, cut)));
    client->transport().hang_up();
    static_cast<void>(client->read());
    ASSERT_TRUE(client->ended()) << cut;
    ASSERT_EQ(rig.registry.size(), 0U) << cut;
  }
}

}  // namespace
}  // namespace postern::session
