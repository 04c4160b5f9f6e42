// Random operations on several mailboxes against a naive model, with restarts, folds and sweeps at
// random points. After each of them the invariants I1 to I11 of one account are checked.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "engine/memory/memory_engine.h"
#include "mailstore/testing/test_store.h"
#include "mime/parser.h"

namespace postern::mailstore {
namespace {

struct Message {
  std::string text;
  std::uint8_t system = 0;
  std::set<std::string> keywords;
  ModSeq modseq;
};
struct Box {
  MailboxId id;
  UidValidity validity;
  std::map<std::uint32_t, Message> messages;
  std::uint32_t uid_next = 1;
  ModSeq highest{1};
  std::map<std::uint32_t, ModSeq> expunged;  // UID -> when
  std::map<std::string, std::string> entries;
};

const std::vector<std::string> kWords{"alpha", "beta", "gamma", "delta"};
const std::vector<std::string> kNames{"INBOX", "Archive", "Sent", "x", "x/y", "q"};

class Scenario {
 public:
  explicit Scenario(std::uint32_t seed) : random_(seed) {
    store_.options().release_grace_seconds = 0;
    store_.restart();
    for (const std::string name : {"INBOX", "Archive", "Sent"}) adopt(name);
  }

  void step() {
    store_.clock().advance(pick(3));
    switch (pick(17)) {
      case 0:
      case 1:
      case 2:
        append();
        break;
      case 3:
      case 4:
      case 5:
      case 6:
        change_flags();
        break;
      case 7:
      case 8:
        expunge();
        break;
      case 9:
      case 10:
        copy_or_move();
        break;
      case 11:
        create_or_remove();
        break;
      case 12:
        rename();
        break;
      case 13:
        ASSERT_TRUE(store_.run(store_.store().maintain()));
        break;
      case 14:
        if (pick(3) == 0) store_.restart();
        break;
      case 15:
        annotate();
        break;
      default:
        burst();
        break;
    }
  }

  void check() {
    std::uint64_t bytes = 0, count = 0;
    std::set<std::string> names;
    for (const Folder& folder : store_.account().folders()->all()) {
      if (folder.exists()) names.insert(folder.name);
    }
    std::set<std::string> wanted{"Drafts", "Junk", "Trash"};
    for (const auto& [name, box] : boxes_) wanted.insert(name);
    EXPECT_EQ(names, wanted);
    std::set<EmailId> live;
    for (auto& [name, box] : boxes_) {
      SCOPED_TRACE(name);
      const Folder* folder = nullptr;
      const FoldersPtr folders = store_.account().folders();
      folder = folders->find(name);
      ASSERT_NE(folder, nullptr);
      EXPECT_EQ(folder->id, box.id);
      EXPECT_EQ(folder->uid_validity, box.validity);  // I3
      const auto status = store_.account().status(box.id);
      ASSERT_TRUE(status);
      const VersionPtr version = store_.version(box.id);
      ASSERT_TRUE(version);
      ASSERT_EQ(version->exists(), box.messages.size());
      EXPECT_EQ(status->exists, box.messages.size());
      EXPECT_EQ(status->uid_next, Uid(box.uid_next));
      EXPECT_EQ(status->highest_modseq, box.highest);
      std::map<std::string, std::string> entries;
      if (const MetadataEntriesPtr found = store_.account().metadata()->find(box.id)) {
        for (const auto& [entry, value] : *found) entries.emplace(entry, *value);
      }
      EXPECT_EQ(entries, box.entries);
      std::uint32_t seq = 0, unseen = 0;
      for (const auto& [uid, message] : box.messages) {
        const auto found = version->by_seq(SeqNum(++seq));
        ASSERT_TRUE(found);
        EXPECT_EQ(found->row->uid.value(), uid);
        EXPECT_EQ(found->flags().system, message.system);
        EXPECT_EQ(found->row->modseq, message.modseq);
        std::set<std::string> keywords;
        for (std::size_t k = 0; k < version->keywords().size(); ++k) {
          if (found->flags().keywords.test(k)) keywords.insert(version->keywords()[k]);
        }
        EXPECT_EQ(keywords, message.keywords);
        live.insert(found->row->email);
        if (pick(8) == 0) check_message(*found->row, message);
        bytes += message.text.size();
        ++count;
        unseen += (message.system & kSeen) == 0 ? 1 : 0;
      }
      EXPECT_EQ(status->unseen, unseen);
      // I7: from any point, what vanished since is complete and names nothing live.
      const ModSeq since(1 + pick(static_cast<std::uint32_t>(box.highest.value())));
      const UidSet vanished = store_.account().vanished_since(box.id, since, version);
      UidSet exact;
      for (const auto& [uid, when] : box.expunged) {
        if (when > since) exact.add(Uid(uid));
      }
      EXPECT_EQ(vanished, exact);
    }
    EXPECT_EQ(store_.account().usage().bytes, bytes);  // I9
    EXPECT_EQ(store_.account().usage().messages, count);
    EXPECT_EQ(store_.account().usage().mailboxes, wanted.size());
    live_ = live.size();
  }

  // Once nothing is under way, exactly the live emails have records and blobs.
  void check_space() {
    store_.clock().advance(10);
    ASSERT_TRUE(store_.run(store_.store().maintain()));
    check();
    const auto bodies = store_.run(store_.engine().scan(AccountId(1), "B", "C", 0));
    const auto infos = store_.run(store_.engine().scan(AccountId(1), "E", "F", 0));
    const auto released = store_.run(store_.engine().scan(AccountId(1), "R", "S", 0));
    EXPECT_EQ(bodies->size(), live_);
    EXPECT_EQ(infos->size(), live_);
    EXPECT_TRUE(released->empty());
    folded_ += store_.run(store_.engine().scan(AccountId(1), "C", "D", 0))->size();
    history_ += store_.run(store_.engine().scan(AccountId(1), "V", "W", 0))->size();
  }
  // Rare paths that the whole of the runs must have taken.
  [[nodiscard]] std::size_t folded() const { return folded_; }
  [[nodiscard]] std::size_t history() const { return history_; }

 private:
  std::uint32_t pick(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  std::string pick_name() {
    auto at = boxes_.begin();
    std::advance(at, pick(static_cast<std::uint32_t>(boxes_.size())));
    return at->first;
  }
  void adopt(const std::string& name) {
    const FoldersPtr folders = store_.account().folders();
    const Folder* folder = folders->find(name);
    ASSERT_NE(folder, nullptr);
    EXPECT_GT(folder->uid_validity,
              last_validity_.contains(name) ? last_validity_[name] : UidValidity(0));
    last_validity_[name] = folder->uid_validity;
    Box box;
    box.id = folder->id;
    box.validity = folder->uid_validity;
    boxes_[name] = box;
  }
  ModSeq bump(Box& box) { return box.highest = ModSeq(box.highest.value() + 1); }
  std::set<std::string> words() {
    std::set<std::string> result;
    for (std::uint32_t i = pick(3); i > 0; --i) result.insert(kWords[pick(4)]);
    return result;
  }
  UidSet some_uids(const Box& box) {
    UidSet uids;
    if (pick(3) == 0) return UidSet::range(1, box.uid_next + 3);
    for (std::uint32_t i = 1 + pick(4); i > 0; --i) {
      const std::uint32_t first = 1 + pick(box.uid_next + 2);
      uids.add_interval(first, first + pick(4));
    }
    return uids;
  }

  void append() {
    Box& box = boxes_[pick_name()];
    std::vector<NewMessage> messages;
    std::vector<Message> wanted;
    for (std::uint32_t i = 1 + pick(3); i > 0; --i) {
      Message message{test_message("s" + std::to_string(pick(1000)), std::string(pick(300), 'b')),
                      static_cast<std::uint8_t>(pick(32)),
                      words(),
                      {}};
      auto one = store_.messages(message.text, message.system,
                                 {message.keywords.begin(), message.keywords.end()});
      ASSERT_TRUE(one);
      messages.push_back(std::move((*one)[0]));
      wanted.push_back(std::move(message));
    }
    const auto result = store_.run(store_.account().append(box.id, std::move(messages)));
    ASSERT_TRUE(result) << result.error().detail;
    const ModSeq modseq = bump(box);
    EXPECT_EQ(result->modseq, modseq);
    EXPECT_EQ(result->uids.min(), Uid(box.uid_next));
    for (Message& message : wanted) {
      message.modseq = modseq;
      box.messages[box.uid_next++] = std::move(message);
    }
  }

  void change_flags() {
    Box& box = boxes_[pick_name()];
    const auto mode = static_cast<FlagMode>(pick(3));
    const auto system = static_cast<std::uint8_t>(pick(32));
    const std::set<std::string> keywords = words();
    const UidSet uids = some_uids(box);
    std::optional<ModSeq> unchanged_since;
    if (pick(3) == 0)
      unchanged_since = ModSeq(1 + pick(static_cast<std::uint32_t>(box.highest.value())));
    const auto result = store_.run(store_.account().store(
        box.id, uids, {mode, system, {keywords.begin(), keywords.end()}}, unchanged_since));
    ASSERT_TRUE(result) << result.error().detail;
    UidSet modified, failed;
    bool any = false;
    const ModSeq next(box.highest.value() + 1);
    for (auto& [uid, message] : box.messages) {
      if (!uids.contains(Uid(uid))) continue;
      if (unchanged_since && message.modseq > *unchanged_since) {
        failed.add(Uid(uid));
        continue;
      }
      modified.add(Uid(uid));
      Message after = message;
      if (mode == FlagMode::kReplace) {
        after.system = system;
        after.keywords = keywords;
      } else if (mode == FlagMode::kAdd) {
        after.system |= system;
        after.keywords.insert(keywords.begin(), keywords.end());
      } else {
        after.system &= static_cast<std::uint8_t>(~system);
        for (const std::string& word : keywords) after.keywords.erase(word);
      }
      if (after.system == message.system && after.keywords == message.keywords) continue;
      after.modseq = next;
      message = std::move(after);
      any = true;
    }
    if (any) bump(box);
    EXPECT_EQ(result->modified, modified);
    EXPECT_EQ(result->failed, failed);
    EXPECT_EQ(result->modseq, any ? next : ModSeq(0));
  }

  void expunge() {
    Box& box = boxes_[pick_name()];
    std::optional<UidSet> uids;
    if (pick(2) == 0) uids = some_uids(box);
    const auto result = store_.run(store_.account().expunge(box.id, uids));
    ASSERT_TRUE(result);
    UidSet gone;
    for (const auto& [uid, message] : box.messages) {
      if ((message.system & kDeleted) != 0 && (!uids || uids->contains(Uid(uid))))
        gone.add(Uid(uid));
    }
    EXPECT_EQ(result->uids, gone);
    if (gone.empty()) return;
    const ModSeq modseq = bump(box);
    EXPECT_EQ(result->modseq, modseq);
    gone.for_each([&](Uid uid) {
      box.messages.erase(uid.value());
      box.expunged[uid.value()] = modseq;
    });
  }

  void copy_or_move() {
    Box& from = boxes_[pick_name()];
    Box& to = boxes_[pick_name()];
    const bool move = pick(2) == 0;
    const UidSet uids = some_uids(from);
    auto result = store_.run(move ? store_.account().move(from.id, uids, to.id)
                                  : store_.account().copy(from.id, uids, to.id));
    ASSERT_TRUE(result) << result.error().detail;
    std::vector<std::pair<std::uint32_t, Message>> taken;
    for (const auto& [uid, message] : from.messages) {
      if (uids.contains(Uid(uid))) taken.emplace_back(uid, message);
    }
    EXPECT_EQ(result->from.count(), taken.size());
    EXPECT_EQ(result->to.count(), taken.size());
    if (taken.empty()) return;
    const ModSeq arrived = bump(to);
    for (auto& [uid, message] : taken) {
      EXPECT_TRUE(result->to.contains(Uid(to.uid_next)));
      message.modseq = arrived;
      to.messages[to.uid_next++] = message;
    }
    if (!move) return;
    const ModSeq left = &from == &to ? arrived : bump(from);
    for (const auto& [uid, message] : taken) {
      from.messages.erase(uid);
      from.expunged[uid] = left;
    }
  }

  void create_or_remove() {
    const std::string name = kNames[pick(static_cast<std::uint32_t>(kNames.size()))];
    if (boxes_.contains(name)) {
      const auto removed = store_.run(store_.account().remove(name));
      if (name == "INBOX") {
        EXPECT_EQ(removed.error().code, Errc::kCannot);
        return;
      }
      ASSERT_TRUE(removed);
      boxes_.erase(name);
      return;
    }
    const auto created = store_.run(store_.account().create(name, SpecialUse::kNone));
    ASSERT_TRUE(created);
    if (name == "x/y" && !boxes_.contains("x")) adopt("x");
    adopt(name);
  }

  void rename() {
    const std::string from = pick_name();
    const std::string to = kNames[pick(static_cast<std::uint32_t>(kNames.size()))];
    const auto result = store_.run(store_.account().rename(from, to));
    if (boxes_.contains(to)) {
      EXPECT_FALSE(result);
      return;
    }
    if (from == "INBOX") {
      ASSERT_TRUE(result);
      if (to == "x/y" && !boxes_.contains("x")) adopt("x");
      adopt(to);
      Box& inbox = boxes_["INBOX"];
      Box& target = boxes_[to];
      target.entries = inbox.entries;
      if (inbox.messages.empty()) return;
      const ModSeq arrived = bump(target), left = bump(inbox);
      for (auto& [uid, message] : inbox.messages) {
        inbox.expunged[uid] = left;
        message.modseq = arrived;
        target.messages[target.uid_next++] = message;
      }
      inbox.messages.clear();
      return;
    }
    if (from == "x" && to == "x/y") {
      EXPECT_EQ(result.error().code, Errc::kCannot);
      return;
    }
    if (from == "x" && boxes_.contains("x/y") && boxes_.contains(to + "/y")) {
      EXPECT_EQ(result.error().code, Errc::kAlreadyExists);
      return;
    }
    ASSERT_TRUE(result) << result.error().detail;
    if (from == "x" && boxes_.contains("x/y")) {
      // Its child went along; back with it, to keep to the names this test knows.
      ASSERT_TRUE(store_.run(store_.account().rename(to + "/y", "x/y")));
      boxes_[to] = std::move(boxes_[from]);
      boxes_.erase(from);
      adopt("x");
      return;
    }
    boxes_[to] = std::move(boxes_[from]);
    boxes_.erase(from);
    if (to == "x/y" && !boxes_.contains("x")) adopt("x");
  }

  void annotate() {
    Box& box = boxes_[pick_name()];
    std::vector<MetadataChange> changes;
    const auto before = box.entries;
    for (std::uint32_t i = pick(3) + 1; i > 0; --i) {
      const std::string entry = "/private/" + kWords[pick(4)];
      if (pick(3) == 0) {
        changes.push_back({entry, std::nullopt});
        box.entries.erase(entry);
      } else {
        changes.push_back({entry, kWords[pick(4)]});
        box.entries[entry] = *changes.back().value;
      }
    }
    ASSERT_TRUE(store_.run(store_.account().set_metadata(box.id, changes)));
    if (box.entries != before) static_cast<void>(bump(box));
  }

  // Many small changes, so that logs pass the folding threshold.
  void burst() {
    Box& box = boxes_[pick_name()];
    if (box.messages.empty() || pick(3) != 0) return;
    const std::uint32_t uid = box.messages.begin()->first;
    for (int i = 0; i < 260; ++i) {
      Message& message = box.messages[uid];
      const auto result = store_.flags(
          box.id, UidSet::of({uid}),
          (message.system & kFlagged) != 0 ? FlagMode::kRemove : FlagMode::kAdd, kFlagged);
      ASSERT_TRUE(result);
      message.system ^= kFlagged;
      message.modseq = bump(box);
    }
  }

  // I1, I11.
  void check_message(const MessageRow& row, const Message& message) {
    EXPECT_EQ(row.size, message.text.size());
    EXPECT_EQ(store_.body(row.email), message.text);
    const auto info = store_.run(store_.account().read_info({row.email}));
    ASSERT_TRUE(info);
    EXPECT_EQ(mime::encode_info((*info)[0].info),
              mime::encode_info(mime::parse_message(message.text)));
  }

  std::mt19937 random_;
  TestStore store_;
  std::map<std::string, Box> boxes_;
  std::map<std::string, UidValidity> last_validity_;
  std::size_t live_ = 0, folded_ = 0, history_ = 0;
};

TEST(Model, RandomOperations) {
  std::size_t folded = 0, history = 0;
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario run(seed);
    for (int step = 0; step < 250; ++step) {
      run.step();
      if (step % 10 == 0) run.check();
      if (testing::Test::HasFailure()) return;
    }
    run.check_space();
    folded += run.folded();
    history += run.history();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(folded, 0u);
  EXPECT_GT(history, 0u);
  RecordProperty("chunks_folded", static_cast<int>(folded));
  RecordProperty("history_records", static_cast<int>(history));
}

}  // namespace
}  // namespace postern::mailstore
