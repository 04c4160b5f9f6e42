// CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267 §4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/ascii.h"
#include "session/testing/rig.h"

namespace postern::session {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Update : public testing::Test {
 protected:
  Update() {
    rig.deliver_many("INBOX", 4);
    client = rig.select();
    other = rig.select();
  }
  // What the client is told when it says NOOP.
  std::string told() {
    const std::string answer = client->ask("n NOOP");
    return answer.substr(0, answer.find("n OK NOOP"));
  }
  void elsewhere(const std::string& command) { static_cast<void>(other->ask("x " + command)); }

  Rig rig;
  std::unique_ptr<Client> client;
  std::unique_ptr<Client> other;
};

TEST_F(Update, FlagsByUid) {
  EXPECT_EQ(client->ask("B01 UID SEARCH RETURN (UPDATE COUNT) FLAGGED"),
            "* ESEARCH (TAG \"B01\") UID COUNT 0\r\nB01 OK SEARCH completed.\r\n");
  elsewhere("STORE 2:3 +FLAGS (\\Flagged)");
  EXPECT_EQ(told(),
            "* 2 FETCH (FLAGS (\\Flagged \\Recent))\r\n* 3 FETCH (FLAGS (\\Flagged \\Recent))\r\n"
            "* ESEARCH (TAG \"B01\") UID ADDTO (0 2:3)\r\n");
  elsewhere("STORE 2:3 +FLAGS (\\Seen)");
  EXPECT_THAT(told(), Not(HasSubstr("ESEARCH")));
  elsewhere("STORE 3 -FLAGS (\\Flagged)");
  EXPECT_THAT(told(), HasSubstr("* ESEARCH (TAG \"B01\") UID REMOVEFROM (0 3)\r\n"));
  EXPECT_EQ(told(), "");
}

TEST_F(Update, OwnChangesToo) {
  static_cast<void>(client->ask("B01 SEARCH RETURN (UPDATE) UNSEEN"));
  EXPECT_THAT(client->ask("a STORE 2 +FLAGS.SILENT (\\Seen)"),
              StartsWith("* ESEARCH (TAG \"B01\") REMOVEFROM (0 2)\r\na OK"));
  EXPECT_THAT(client->ask("a FETCH 3 BODY[TEXT]"),
              HasSubstr("* ESEARCH (TAG \"B01\") REMOVEFROM (0 3)\r\n"));
  EXPECT_THAT(client->ask("a STORE 1 +FLAGS (\\Deleted)"), Not(HasSubstr("ESEARCH")));
  EXPECT_THAT(client->ask("a EXPUNGE"),
              StartsWith("* ESEARCH (TAG \"B01\") REMOVEFROM (0 1)\r\n* 1 EXPUNGE\r\n"));
}

// RFC 5267 §4.3.3: ADDTO by number follows EXISTS.
TEST_F(Update, ArrivalsByNumber) {
  static_cast<void>(client->ask("B01 SEARCH RETURN (UPDATE COUNT) SUBJECT news"));
  rig.deliver("INBOX", simple_message("other"));
  rig.deliver("INBOX", simple_message("the news"));
  EXPECT_EQ(told(), "* 6 EXISTS\r\n* 6 RECENT\r\n* ESEARCH (TAG \"B01\") ADDTO (0 6)\r\n");
}

// RFC 5267 §4.3.4, Appendix A.3: REMOVEFROM at once, EXPUNGE when it may be told.
TEST_F(Update, RemoveFromComesBeforeAnExpungeOnHold) {
  static_cast<void>(client->ask("B01 SEARCH RETURN (UPDATE) ALL"));
  elsewhere("STORE 2 +FLAGS.SILENT (\\Deleted)");
  static_cast<void>(told());
  elsewhere("EXPUNGE");
  EXPECT_EQ(client->ask("a FETCH 4 UID"),
            "* 4 FETCH (UID 4)\r\n* ESEARCH (TAG \"B01\") REMOVEFROM (0 2)\r\na OK FETCH "
            "completed.\r\n");
  EXPECT_EQ(told(), "* 2 EXPUNGE\r\n");
  // A search while a message is on hold finds it, so its end is told.
  elsewhere("STORE 3 +FLAGS.SILENT (\\Deleted)");
  elsewhere("EXPUNGE");
  static_cast<void>(client->ask("a FETCH 1 UID"));
  EXPECT_THAT(client->ask("B02 SEARCH RETURN (UPDATE COUNT) ALL"), HasSubstr("COUNT 3"));
  EXPECT_EQ(told(), "* ESEARCH (TAG \"B02\") REMOVEFROM (0 3)\r\n* 3 EXPUNGE\r\n");
}

TEST_F(Update, InIdle) {
  static_cast<void>(client->ask("B01 UID SEARCH RETURN (UPDATE) FLAGGED"));
  static_cast<void>(client->ask("i IDLE"));
  elsewhere("STORE 1 +FLAGS (\\Flagged)");
  EXPECT_THAT(client->read(), HasSubstr("* ESEARCH (TAG \"B01\") UID ADDTO (0 1)\r\n"));
  elsewhere("STORE 1 +FLAGS (\\Deleted)");
  elsewhere("EXPUNGE");
  EXPECT_THAT(client->read(), HasSubstr("UID REMOVEFROM (0 1)\r\n* 1 EXPUNGE\r\n"));
  static_cast<void>(client->ask("DONE"));
}

TEST_F(Update, SortedPositions) {
  // All were delivered in the same second; "number 1" to "number 4" by subject, backwards.
  EXPECT_EQ(client->ask("C01 UID SORT RETURN (UPDATE ALL) (REVERSE SUBJECT) UTF-8 UNDELETED"),
            "* ESEARCH (TAG \"C01\") UID ALL 4,3,2,1\r\nC01 OK SORT completed.\r\n");
  elsewhere("STORE 1,3:4 +FLAGS.SILENT (\\Deleted)");
  EXPECT_THAT(told(), HasSubstr("* ESEARCH (TAG \"C01\") UID REMOVEFROM (4 1 1 4,3)\r\n"));
  rig.deliver("INBOX", simple_message("number 15"));
  rig.deliver("INBOX", simple_message("number 5"));
  EXPECT_THAT(told(), HasSubstr("* ESEARCH (TAG \"C01\") UID ADDTO (1 6 3 5)\r\n"));
  elsewhere("STORE 1,3:4 -FLAGS.SILENT (\\Deleted)");
  // 6 (number 5), then 4 and 3 new, then 2, then 5 (number 15), then 1 new.
  EXPECT_THAT(told(), HasSubstr("* ESEARCH (TAG \"C01\") UID ADDTO (2 4,3 6 1)\r\n"));
  elsewhere("STORE 2 +FLAGS.SILENT (\\Deleted)");
  elsewhere("EXPUNGE");
  EXPECT_THAT(told(),
              StartsWith("* ESEARCH (TAG \"C01\") UID REMOVEFROM (4 2)\r\n* 2 EXPUNGE\r\n"));
}

TEST_F(Update, SortedByNumber) {
  static_cast<void>(client->ask("C01 SORT RETURN (UPDATE) (REVERSE SUBJECT) UTF-8 ALL"));
  rig.deliver("INBOX", simple_message("number 35"));
  EXPECT_EQ(told(), "* 5 EXISTS\r\n* 5 RECENT\r\n* ESEARCH (TAG \"C01\") ADDTO (2 5)\r\n");
  elsewhere("STORE 2 +FLAGS.SILENT (\\Deleted)");
  elsewhere("EXPUNGE");
  EXPECT_EQ(told(), "* ESEARCH (TAG \"C01\") REMOVEFROM (4 2)\r\n* 2 EXPUNGE\r\n");
}

// RFC 5267 §4.3: numbers mean what they meant when the command came.
TEST_F(Update, NumbersAndSavedResultAreBound) {
  static_cast<void>(client->ask("S01 SEARCH RETURN (SAVE) 2"));
  static_cast<void>(client->ask("B01 UID SEARCH RETURN (UPDATE) 2:4 FLAGGED"));
  static_cast<void>(client->ask("B02 UID SEARCH RETURN (UPDATE) $ FLAGGED"));
  static_cast<void>(client->ask("B03 UID SEARCH RETURN (UPDATE) 9 FLAGGED"));
  static_cast<void>(client->ask("S02 SEARCH RETURN (SAVE) ALL"));
  rig.deliver("INBOX", simple_message("five"));
  elsewhere("STORE 1 +FLAGS.SILENT (\\Deleted)");
  elsewhere("EXPUNGE");
  elsewhere("STORE 1:* +FLAGS (\\Flagged)");
  EXPECT_THAT(told(), AllOf(HasSubstr("(TAG \"B01\") UID ADDTO (0 2:4)"),
                            HasSubstr("(TAG \"B02\") UID ADDTO (0 2)\r\n"), Not(HasSubstr("B03"))));
}

// "*" among UIDs is the last message, whichever it is.
TEST_F(Update, StarMoves) {
  static_cast<void>(client->ask("B01 UID SEARCH RETURN (UPDATE) UID *"));
  static_cast<void>(client->ask("B02 UID SEARCH RETURN (UPDATE) NOT UID *"));
  rig.deliver("INBOX", simple_message("five"));
  EXPECT_THAT(told(), AllOf(HasSubstr("(TAG \"B01\") UID REMOVEFROM (0 4)\r\n* ESEARCH (TAG "
                                      "\"B01\") UID ADDTO (0 5)"),
                            HasSubstr("(TAG \"B02\") UID ADDTO (0 4)\r\n")));
  elsewhere("UID STORE 5 +FLAGS.SILENT (\\Deleted)");
  elsewhere("EXPUNGE");
  EXPECT_THAT(told(), AllOf(HasSubstr("(TAG \"B01\") UID REMOVEFROM (0 5)"),
                            HasSubstr("(TAG \"B01\") UID ADDTO (0 4)"),
                            HasSubstr("(TAG \"B02\") UID REMOVEFROM (0 4)")));
}

TEST_F(Update, TagsAndCancelling) {
  static_cast<void>(client->ask("B01 SEARCH RETURN (UPDATE) FLAGGED"));
  // RFC 5267 §4.3: rejected, and has no effect.
  EXPECT_THAT(client->ask("B01 SORT RETURN (UPDATE) (DATE) UTF-8 FLAGGED"), StartsWith("B01 BAD"));
  EXPECT_THAT(client->ask("B01 SEARCH RETURN (UPDATE) ALL"), StartsWith("B01 BAD"));
  EXPECT_THAT(client->ask("B01 SEARCH RETURN (COUNT) FLAGGED"), HasSubstr("B01 OK"));
  static_cast<void>(client->ask("B02 SEARCH RETURN (UPDATE) FLAGGED"));
  EXPECT_EQ(client->ask("B04 CANCELUPDATE \"B01\""), "B04 OK CANCELUPDATE completed.\r\n");
  elsewhere("STORE 1 +FLAGS (\\Flagged)");
  EXPECT_THAT(told(), AllOf(HasSubstr("B02"), Not(HasSubstr("B01"))));
  EXPECT_THAT(client->ask("B05 CANCELUPDATE \"B01\" \"B02\""), StartsWith("B05 NO "));
  elsewhere("STORE 2 +FLAGS (\\Flagged)");
  EXPECT_THAT(told(), Not(HasSubstr("ESEARCH")));
  EXPECT_THAT(client->ask("B06 CANCELUPDATE B01"), StartsWith("B06 BAD "));
  EXPECT_THAT(client->ask("B01 SEARCH RETURN (UPDATE) FLAGGED"), StartsWith("B01 OK"));
}

// RFC 5267 §4.3.1: the other options are honoured.
TEST_F(Update, Limits) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(client->ask("s" + std::to_string(i) + " SORT RETURN (UPDATE) (DATE) UTF-8 ALL"),
                Not(HasSubstr("NOUPDATE")));
  }
  EXPECT_EQ(client->ask("s4 SORT RETURN (UPDATE COUNT) (DATE) UTF-8 ALL"),
            "* ESEARCH (TAG \"s4\") COUNT 4\r\n* NO [NOUPDATE \"s4\"] Too many contexts.\r\n"
            "s4 OK SORT completed.\r\n");
  for (int i = 4; i < 10; ++i) {
    EXPECT_THAT(client->ask("t" + std::to_string(i) + " SEARCH RETURN (UPDATE) ALL"),
                Not(HasSubstr("NOUPDATE")));
  }
  EXPECT_EQ(client->ask("u SEARCH RETURN (UPDATE CONTEXT COUNT) ALL"),
            "* ESEARCH (TAG \"u\") COUNT 4\r\n* NO [NOUPDATE \"u\"] Too many contexts.\r\n"
            "u OK SEARCH completed.\r\n");
  static_cast<void>(client->ask("c CANCELUPDATE \"t4\""));
  EXPECT_EQ(client->ask("u SEARCH RETURN (UPDATE) ALL"), "u OK SEARCH completed.\r\n");
}

TEST_F(Update, EndsWithTheSelection) {
  static_cast<void>(client->ask("B01 SEARCH RETURN (UPDATE) FLAGGED"));
  static_cast<void>(client->ask("s SELECT INBOX"));
  elsewhere("STORE 1 +FLAGS (\\Flagged)");
  EXPECT_THAT(told(), Not(HasSubstr("ESEARCH")));
  EXPECT_THAT(client->ask("c CANCELUPDATE \"B01\""), StartsWith("c NO"));
  static_cast<void>(client->ask("s UNSELECT"));
  EXPECT_THAT(client->ask("c CANCELUPDATE \"B01\""), StartsWith("c BAD"));
}

TEST_F(Update, TheHintAloneAndPartial) {
  EXPECT_EQ(client->ask("A01 SEARCH RETURN (CONTEXT COUNT) ALL"),
            "* ESEARCH (TAG \"A01\") COUNT 4\r\nA01 OK SEARCH completed.\r\n");
  EXPECT_EQ(client->ask("A02 UID SEARCH RETURN (PARTIAL 1:2 UPDATE CONTEXT) UNFLAGGED"),
            "* ESEARCH (TAG \"A02\") UID PARTIAL (1:2 1:2)\r\nA02 OK SEARCH completed.\r\n");
  // RFC 9394 §3.1: updates are for all results, not for the part asked for.
  elsewhere("STORE 4 +FLAGS (\\Flagged)");
  EXPECT_THAT(told(), HasSubstr("UID REMOVEFROM (0 4)\r\n"));
}

// ---- a client that keeps the results by what it is told, against a fresh search each time
// -------

std::vector<std::uint32_t> expand(const std::string& set) {
  std::vector<std::uint32_t> numbers;
  for (std::size_t at = 0; at < set.size();) {
    std::size_t comma = set.find(',', at);
    if (comma == std::string::npos) comma = set.size();
    const std::string part = set.substr(at, comma - at);
    const std::size_t colon = part.find(':');
    const auto first = *parse_decimal<std::uint32_t>(part.substr(0, colon));
    const auto last =
        colon == std::string::npos ? first : *parse_decimal<std::uint32_t>(part.substr(colon + 1));
    EXPECT_LE(first, last);
    for (std::uint32_t n = first; n <= last; ++n) numbers.push_back(n);
    at = comma + 1;
  }
  return numbers;
}

// Results of UID commands; position 0 means mailbox order.
class Follower {
 public:
  Follower(std::string tag, std::vector<std::uint32_t> start)
      : head_("* ESEARCH (TAG \"" + std::move(tag) + "\") UID "), list_(std::move(start)) {}

  void read(const std::string& lines) {
    for (std::size_t at = lines.find(head_); at != std::string::npos;
         at = lines.find(head_, at + 1)) {
      const std::size_t name = at + head_.size();
      const bool add = lines.compare(name, 6, "ADDTO ") == 0;
      const std::size_t open = lines.find('(', name) + 1;
      std::string items = lines.substr(open, lines.find(')', open) - open) + " ";
      while (!items.empty()) {
        const std::size_t space = items.find(' ');
        const std::size_t end = items.find(' ', space + 1);
        apply(add, *parse_decimal<std::size_t>(items.substr(0, space)),
              expand(items.substr(space + 1, end - space - 1)));
        items.erase(0, end + 1);
      }
    }
  }
  [[nodiscard]] const std::vector<std::uint32_t>& list() const { return list_; }

 private:
  void apply(bool add, std::size_t position, const std::vector<std::uint32_t>& set) {
    if (add && position == 0) {
      list_.insert(list_.end(), set.begin(), set.end());
      std::sort(list_.begin(), list_.end());
    } else if (add) {
      ASSERT_LE(position, list_.size() + 1);
      list_.insert(list_.begin() + static_cast<std::ptrdiff_t>(position - 1), set.begin(),
                   set.end());
    } else {
      if (position != 0) {
        ASSERT_LE(position - 1 + set.size(), list_.size());
        EXPECT_TRUE(std::equal(set.begin(), set.end(),
                               list_.begin() + static_cast<std::ptrdiff_t>(position - 1)));
      }
      std::erase_if(list_, [&](std::uint32_t n) {
        return std::find(set.begin(), set.end(), n) != set.end();
      });
    }
  }

  std::string head_;
  std::vector<std::uint32_t> list_;
};

TEST(UpdateModel, WhatIsToldAddsUpToAFreshSearch) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Rig rig;
    rig.deliver_many("INBOX", 6);
    auto client = rig.select();
    auto other = rig.select();
    const auto results = [&](const std::string& line, const std::string& tag) {
      const std::string answer = client->ask(tag + " " + line);
      const std::size_t at = answer.find(" ALL ");
      if (at == std::string::npos) return std::vector<std::uint32_t>();
      return expand(answer.substr(at + 5, answer.find('\r', at) - at - 5));
    };
    const std::string search = "UID SEARCH RETURN (ALL%) OR FLAGGED UID 4:*";
    const std::string sort = "UID SORT RETURN (ALL%) (REVERSE SUBJECT) UTF-8 UNFLAGGED";
    const auto line = [](std::string text, const char* more) {
      return text.replace(text.find('%'), 1, more);
    };
    Follower searched("u1", results(line(search, " UPDATE"), "u1"));
    Follower sorted("u2", results(line(sort, " UPDATE"), "u2"));
    for (int step = 0; step < 60; ++step) {
      auto& who = random() % 3 == 0 ? client : other;
      const std::string n = std::to_string(1 + random() % 6);
      std::string answer;
      switch (random() % 6) {
        case 0:
          rig.deliver("INBOX", simple_message("number " + std::to_string(random() % 50)));
          break;
        case 1:
          answer = who->ask("x STORE " + n + ":* +FLAGS (\\Flagged)");
          break;
        case 2:
          answer = who->ask("x STORE 1:" + n + " -FLAGS (\\Flagged)");
          break;
        case 3:
          answer = who->ask("x STORE " + n + " +FLAGS.SILENT (\\Deleted)");
          break;
        case 4:
          answer = who->ask("x EXPUNGE");
          break;
        default:
          answer = client->ask("x FETCH 1 FLAGS");
      }
      if (&who == &client || answer.find("x OK FETCH") != std::string::npos) {
        searched.read(answer);
        sorted.read(answer);
      }
      if (random() % 2 == 0) continue;
      answer = client->ask("n NOOP");
      searched.read(answer);
      sorted.read(answer);
      EXPECT_EQ(searched.list(), results(line(search, ""), "f"));
      EXPECT_EQ(sorted.list(), results(line(sort, ""), "f"));
    }
  }
}

}  // namespace
}  // namespace postern::session
