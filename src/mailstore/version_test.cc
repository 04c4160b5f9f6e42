// MailboxVersion, its editor, difference and keep_expunged against a naive model, at random.
#include "mailstore/version.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "mailstore/version_editor.h"

namespace postern::mailstore {
namespace {

struct ModelRow {
  ModSeq modseq;
  EmailId email;
  std::uint32_t size = 0;
  FlagSet flags;
};
using Model = std::map<std::uint32_t, ModelRow>;  // by UID

KeywordsPtr some_keywords() {
  std::vector<std::string> names;
  for (int i = 0; i < 256; ++i) names.push_back("k" + std::to_string(i));
  return std::make_shared<const std::vector<std::string>>(std::move(names));
}

VersionPtr empty_version() {
  return std::make_shared<const MailboxVersion>(UidValidity(7), MailboxCounts{}, some_keywords(),
                                                std::vector<ChunkPtr>{});
}

// A mailbox that changes at random, with the model beside it.
class Subject {
 public:
  explicit Subject(std::uint32_t seed) : random_(seed), version_(empty_version()) {}

  void step() {
    LogRecord record;
    const ModSeq modseq(version_->counts().highest_modseq.value() + 1);
    switch (pick(5)) {
      case 0:
      case 1:
        record.sections.emplace_back(add(modseq, 1 + pick(pick(10) == 0 ? 900 : 20)));
        break;
      case 2:
      case 3:
        record.sections.emplace_back(change(modseq));
        break;
      default:
        record.sections.emplace_back(expunge());
        break;
    }
    VersionEditor editor(*version_);
    const auto decoded = decode_log_record(encode_log_record(record));
    ASSERT_TRUE(decoded);
    ASSERT_TRUE(editor.apply(*decoded, modseq, 256));
    version_ = editor.build(version_->keyword_table());
  }
  [[nodiscard]] const VersionPtr& version() const { return version_; }
  [[nodiscard]] const Model& model() const { return model_; }

 private:
  std::uint32_t pick(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  FlagSet flags() {
    FlagSet result;
    result.system = static_cast<std::uint8_t>(pick(32));
    for (std::uint32_t i = pick(3); i > 0; --i) result.keywords.set(pick(256));
    return result;
  }
  UidSet some_uids() {
    UidSet uids;
    const std::uint32_t last = version_->counts().uid_next.value();
    if (pick(4) == 0) return UidSet::range(1, last);
    for (std::uint32_t i = 1 + pick(6); i > 0; --i) {
      const std::uint32_t first = 1 + pick(last);
      uids.add_interval(first, first + pick(pick(3) == 0 ? 700 : 3));
    }
    return uids;
  }
  AddSection add(ModSeq modseq, std::uint32_t count) {
    AddSection section;
    std::uint32_t uid = version_->counts().uid_next.value();
    for (std::uint32_t i = 0; i < count; ++i) {
      AddSection::Row entry;
      entry.row.uid = Uid(uid);
      entry.row.size = pick(100'000);
      entry.row.email = EmailId(1 + pick(5000));
      entry.row.internal_date = static_cast<std::int64_t>(pick(1u << 31)) - 100'000'000;
      entry.row.zone_minutes = static_cast<std::int16_t>(pick(1440)) - 720;
      entry.row.save_date = pick(1u << 31);
      entry.flags = flags();
      model_[uid] = {modseq, entry.row.email, entry.row.size, entry.flags};
      section.rows.push_back(entry);
      uid += 1 + (pick(5) == 0 ? pick(3) : 0);
    }
    return section;
  }
  FlagsSection change(ModSeq modseq) {
    FlagsSection section{static_cast<FlagMode>(pick(3)), flags(), some_uids()};
    for (auto& [uid, row] : model_) {
      if (!section.uids.contains(Uid(uid))) continue;
      const FlagSet after = apply_flags(row.flags, section.mode, section.flags);
      if (after == row.flags) continue;
      row.flags = after;
      row.modseq = modseq;
    }
    return section;
  }
  ExpungeSection expunge() {
    ExpungeSection section{some_uids()};
    std::erase_if(model_,
                  [&](const auto& entry) { return section.uids.contains(Uid(entry.first)); });
    return section;
  }

  std::mt19937 random_;
  VersionPtr version_;
  Model model_;
};

void expect_same(const MailboxVersion& version, const Model& model) {
  ASSERT_EQ(version.exists(), model.size());
  MailboxCounts counts;
  std::uint32_t seq = 0;
  std::optional<SeqNum> first_unseen;
  for (const auto& [uid, row] : model) {
    ++seq;
    const auto by_seq = version.by_seq(SeqNum(seq));
    ASSERT_TRUE(by_seq);
    EXPECT_EQ(by_seq->row->uid.value(), uid);
    EXPECT_EQ(by_seq->row->modseq, row.modseq);
    EXPECT_EQ(by_seq->row->email, row.email);
    EXPECT_EQ(by_seq->row->size, row.size);
    EXPECT_EQ(by_seq->flags(), row.flags);
    const auto by_uid = version.by_uid(Uid(uid));
    ASSERT_TRUE(by_uid);
    EXPECT_EQ(by_uid->seq, SeqNum(seq));
    counts.bytes += row.size;
    if ((row.flags.system & kSeen) == 0) {
      ++counts.unseen;
      if (!first_unseen) first_unseen = SeqNum(seq);
    }
    if ((row.flags.system & kDeleted) != 0) ++counts.deleted;
  }
  EXPECT_FALSE(version.by_seq(SeqNum(seq + 1)));
  EXPECT_FALSE(version.by_seq(SeqNum(0)));
  EXPECT_EQ(version.counts().bytes, counts.bytes);
  EXPECT_EQ(version.counts().unseen, counts.unseen);
  EXPECT_EQ(version.counts().deleted, counts.deleted);
  EXPECT_EQ(version.first_unseen(), first_unseen);
  EXPECT_EQ(version.last_uid().value(), model.empty() ? 0 : model.rbegin()->first);
  for (const ChunkPtr& chunk : version.chunks()) {
    EXPECT_GT(chunk->size(), 0u);
    EXPECT_LE(chunk->size(), kChunkRows);
  }
}

// What a naive reader would find between two states.
void expect_difference(const MailboxVersion& from_version, const Model& from,
                       const MailboxVersion& to_version, const Model& to) {
  const Delta delta = difference(from_version, to_version);
  std::vector<SeqNum> expunged, changed;
  UidSet vanished;
  std::uint32_t seq = 0;
  for (const auto& [uid, row] : from) {
    ++seq;
    if (to.contains(uid)) continue;
    expunged.emplace_back(seq);
    vanished.add(Uid(uid));
  }
  seq = 0;
  for (const auto& [uid, row] : to) {
    ++seq;
    const auto before = from.find(uid);
    if (before != from.end() && before->second.modseq != row.modseq) changed.emplace_back(seq);
  }
  EXPECT_EQ(delta.expunged, expunged);
  EXPECT_EQ(delta.vanished, vanished);
  EXPECT_EQ(delta.changed, changed);
  EXPECT_EQ(delta.exists_before, from.size());
  EXPECT_EQ(delta.exists_after, to.size());
}

TEST(Version, RandomChangesMatchTheModel) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Subject subject(seed);
    struct Shown {
      VersionPtr version;
      Model model;
    };
    std::vector<Shown> shown{{subject.version(), subject.model()}};
    for (int step = 0; step < 40; ++step) {
      subject.step();
      expect_same(*subject.version(), subject.model());
      for (const Shown& old : shown) {
        expect_difference(*old.version, old.model, *subject.version(), subject.model());
        const VersionPtr kept = keep_expunged(old.version, subject.version());
        Model both = subject.model();
        for (const auto& [uid, row] : old.model) both.emplace(uid, row);
        expect_same(*kept, both);
        if (both.size() == subject.model().size()) EXPECT_EQ(kept, subject.version());
        expect_difference(*kept, both, *subject.version(), subject.model());
      }
      if (step % 10 == 0) shown.push_back({subject.version(), subject.model()});
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(Version, VisitsByUidAndByNumber) {
  Subject subject(99);
  for (int i = 0; i < 30; ++i) subject.step();
  const MailboxVersion& version = *subject.version();
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    UidSet uids;
    SeqSet seqs;
    for (int i = 0; i < 4; ++i) {
      const auto first =
          static_cast<std::uint32_t>(1 + random() % (version.counts().uid_next.value() + 10));
      uids.add_interval(first, first + static_cast<std::uint32_t>(random() % 50));
      seqs.add_interval(first, first + static_cast<std::uint32_t>(random() % 50));
    }
    std::vector<std::uint32_t> found, wanted;
    version.visit_uids(uids, [&](const MailboxVersion::MessageRef& m) {
      found.push_back(m.row->uid.value());
      return true;
    });
    for (const auto& [uid, row] : subject.model()) {
      if (uids.contains(Uid(uid))) wanted.push_back(uid);
    }
    EXPECT_EQ(found, wanted);
    wanted.clear();
    UidSet of_seqs;
    std::uint32_t seq = 0;
    for (const auto& [uid, row] : subject.model()) {
      if (seqs.contains(SeqNum(++seq))) of_seqs.add(Uid(uid));
    }
    EXPECT_EQ(version.uids_of(seqs), of_seqs);
  }
  int calls = 0;
  version.visit_all([&](const MailboxVersion::MessageRef&) { return ++calls < 3; });
  EXPECT_EQ(calls, std::min<int>(3, static_cast<int>(version.exists())));
}

TEST(Version, UnchangedChunksAreShared) {
  VersionPtr version = empty_version();
  AddSection section;
  for (std::uint32_t uid = 1; uid <= 5000; ++uid) {
    AddSection::Row entry;
    entry.row.uid = Uid(uid);
    entry.row.email = EmailId(uid);
    section.rows.push_back(entry);
  }
  VersionEditor fill(*version);
  LogRecord record;
  record.sections.emplace_back(section);
  ASSERT_TRUE(fill.apply(record, ModSeq(2), 256));
  version = fill.build(version->keyword_table());
  ASSERT_EQ(version->chunks().size(), 10u);

  LogRecord one;
  one.sections.emplace_back(
      FlagsSection{FlagMode::kAdd, FlagSet{.system = kSeen, .keywords = {}}, UidSet::of({600})});
  VersionEditor editor(*version);
  ASSERT_TRUE(editor.apply(one, ModSeq(3), 256));
  const VersionPtr after = editor.build(version->keyword_table());
  int shared = 0;
  for (std::size_t i = 0; i < 10; ++i) shared += after->chunks()[i] == version->chunks()[i] ? 1 : 0;
  EXPECT_EQ(shared, 9);
  EXPECT_EQ(difference(*version, *after).changed, std::vector<SeqNum>{SeqNum(600)});
}

TEST(VersionEditor, RefusesWhatOnlyDamageCanCause) {
  VersionPtr version = empty_version();
  AddSection section;
  AddSection::Row entry;
  entry.row.uid = Uid(5);
  entry.row.email = EmailId(1);
  section.rows = {entry, entry};
  LogRecord twice;
  twice.sections.emplace_back(section);
  EXPECT_EQ(VersionEditor(*version).apply(twice, ModSeq(2), 256).error().code, Errc::kCorrupt);
  FlagsSection flags;
  flags.flags.keywords.set(3);
  LogRecord unknown;
  unknown.sections.emplace_back(flags);
  EXPECT_EQ(VersionEditor(*version).apply(unknown, ModSeq(2), 3).error().code, Errc::kCorrupt);
  EXPECT_TRUE(VersionEditor(*version).apply(unknown, ModSeq(2), 4));
}

}  // namespace
}  // namespace postern::mailstore
