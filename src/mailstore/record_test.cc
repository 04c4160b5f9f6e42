// Stored records: round trips, and damage in every byte and at every length never does worse than
// kCorrupt.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "crypto/crypto.h"
#include "mailstore/batch_merger.h"
#include "mailstore/chunk_builder.h"
#include "mailstore/chunk_codec.h"
#include "mailstore/log_record.h"
#include "mailstore/records.h"

namespace postern::mailstore {
namespace {

ChunkPtr some_chunk(std::uint32_t seed, std::size_t rows) {
  std::mt19937 random(seed);
  std::vector<ChunkPtr> out;
  ChunkBuilder builder(out);
  std::uint32_t uid = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    MessageRow row;
    uid += 1 + static_cast<std::uint32_t>(random() % (seed % 3 == 0 ? 1000 : 2));
    row.uid = Uid(uid);
    row.size = static_cast<std::uint32_t>(random() % 100'000);
    row.modseq = ModSeq(1 + random() % (seed % 2 == 0 ? 50 : std::uint64_t{1} << 62));
    row.email = EmailId(1 + random());
    row.internal_date = static_cast<std::int64_t>(random()) - (std::int64_t{1} << 31);
    row.zone_minutes = static_cast<std::int16_t>(static_cast<int>(random() % 2880) - 1440);
    row.save_date = static_cast<std::uint32_t>(random());
    FlagSet flags;
    flags.system = static_cast<std::uint8_t>(random() % 32);
    if (random() % 4 == 0) flags.keywords.set(random() % 256);
    builder.add(row, flags);
  }
  builder.finish();
  return out.front();
}

TEST(ChunkCodec, RoundTrips) {
  for (std::uint32_t seed = 1; seed < 40; ++seed) {
    const ChunkPtr chunk = some_chunk(seed, 1 + seed * 13 % kChunkRows);
    MailboxCounts counts;
    const auto decoded = decode_chunk(encode_chunk(*chunk), counts);
    ASSERT_TRUE(decoded) << decoded.error().detail;
    ASSERT_EQ((*decoded)->size(), chunk->size());
    EXPECT_EQ((*decoded)->flag_sets(), chunk->flag_sets());
    for (std::size_t i = 0; i < chunk->size(); ++i) {
      const MessageRow &a = chunk->rows()[i], &b = (*decoded)->rows()[i];
      EXPECT_EQ(a.uid, b.uid);
      EXPECT_EQ(a.size, b.size);
      EXPECT_EQ(a.modseq, b.modseq);
      EXPECT_EQ(a.email, b.email);
      EXPECT_EQ(a.internal_date, b.internal_date);
      EXPECT_EQ(a.zone_minutes, b.zone_minutes);
      EXPECT_EQ(a.flags, b.flags);
      EXPECT_EQ(a.save_date, b.save_date);
    }
  }
}

TEST(ChunkCodec, CountsWithoutUnpacking) {
  for (std::uint32_t seed = 1; seed < 20; ++seed) {
    const ChunkPtr chunk = some_chunk(seed, 1 + seed * 31 % kChunkRows);
    MailboxCounts expected;
    for (const MessageRow& row : chunk->rows()) {
      ++expected.exists;
      expected.bytes += row.size;
      if ((chunk->flags_of(row).system & kSeen) == 0) ++expected.unseen;
      if ((chunk->flags_of(row).system & kDeleted) != 0) ++expected.deleted;
    }
    MailboxCounts counts;
    const auto decoded = decode_chunk(encode_chunk(*chunk), counts);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(counts.exists, expected.exists);
    EXPECT_EQ(counts.bytes, expected.bytes);
    EXPECT_EQ(counts.unseen, expected.unseen);
    EXPECT_EQ(counts.deleted, expected.deleted);
    EXPECT_EQ(counts.uid_next.value(), chunk->last_uid().value() + 1);
    EXPECT_EQ((*decoded)->first_uid(), chunk->first_uid());
    EXPECT_EQ((*decoded)->last_uid(), chunk->last_uid());
    EXPECT_EQ((*decoded)->size(), chunk->size());
  }
}

// A mailbox that mail only comes into: UIDs, modseqs and emails cost nothing.
TEST(ChunkCodec, RisingNumbersTakeNoOctets) {
  std::vector<ChunkPtr> out;
  ChunkBuilder builder(out);
  for (std::uint32_t i = 0; i < kChunkRows; ++i) {
    MessageRow row;
    row.uid = Uid(1000 + i);
    row.modseq = ModSeq(70'000 + i);
    row.email = EmailId(300'000 + i);
    row.size = 5000;
    builder.add(row, {});
  }
  EXPECT_LT(encode_chunk(*out.front()).size(), 64u);
}

// The example of docs/formats/mailstore.md.
TEST(ChunkCodec, TheDocumentedBytes) {
  std::vector<ChunkPtr> out;
  ChunkBuilder builder(out);
  MessageRow row;
  row.uid = Uid(3);
  row.modseq = ModSeq(5);
  row.email = EmailId(9);
  row.size = 812;
  row.internal_date = 1'700'000'000;
  row.zone_minutes = 60;
  row.save_date = 1'700'000'005;
  builder.add(row, {.system = kSeen, .keywords = {}});
  row.uid = Uid(4);
  row.modseq = ModSeq(8);
  row.email = EmailId(10);
  row.size = 1100;
  row.internal_date += 300;
  row.save_date += 300;
  builder.add(row, {});
  builder.finish();
  EXPECT_EQ(crypto::to_hex(encode_chunk(*out.front())),
            "010202"
            "0100"
            "0000"
            "0610"
            "0a010003"
            "1210"
            "d80c0200002001"
            "80c49fd50c0200002c01"
            "7800"
            "0010"
            "8ac49fd50c0200002c01");
}

TEST(ChunkCodec, UidsThatDoNotAscendAreDamage) {
  Chunk chunk;
  for (const std::uint32_t uid : {5u, 5u}) {
    MessageRow row;
    row.uid = Uid(uid);
    row.modseq = ModSeq(1);
    row.email = EmailId(1);
    chunk.add(row, {});
  }
  MailboxCounts counts;
  EXPECT_FALSE(decode_chunk(encode_chunk(chunk), counts));
}

TEST(Chunk, ReadersOnManyThreadsUnpackOnce) {
  const ChunkPtr chunk = some_chunk(8, kChunkRows);
  MailboxCounts counts;
  const auto decoded = decode_chunk(encode_chunk(*chunk), counts);
  ASSERT_TRUE(decoded);
  std::vector<const MessageRow*> seen(4);
  {
    std::vector<std::jthread> readers;
    for (auto& at : seen) {
      readers.emplace_back([&at, &decoded] {
        at = (*decoded)->rows().data();
        EXPECT_EQ((*decoded)->rows().size(), (*decoded)->size());
      });
    }
  }
  for (const MessageRow* at : seen) EXPECT_EQ(at, seen.front());
  const Chunk copy(**decoded);
  EXPECT_EQ(copy.size(), chunk->size());
  EXPECT_EQ(copy.rows().back().uid, chunk->last_uid());
}

TEST(ChunkCodec, ExtremesFit) {
  std::vector<ChunkPtr> out;
  ChunkBuilder builder(out);
  MessageRow low;
  low.uid = Uid(1);
  low.modseq = ModSeq(1);
  low.email = EmailId(1);
  low.internal_date = INT64_MIN;
  low.zone_minutes = INT16_MIN;
  MessageRow high;
  high.uid = Uid(UINT32_MAX);
  high.modseq = ModSeq(INT64_MAX);
  high.email = EmailId(INT64_MAX);
  high.size = high.save_date = UINT32_MAX;
  high.internal_date = INT64_MAX;
  high.zone_minutes = INT16_MAX;
  builder.add(low, {});
  builder.add(high, {});
  builder.finish();
  MailboxCounts counts;
  const auto decoded = decode_chunk(encode_chunk(*out.front()), counts);
  ASSERT_TRUE(decoded);
  EXPECT_EQ((*decoded)->rows()[0].internal_date, INT64_MIN);
  EXPECT_EQ((*decoded)->rows()[1].internal_date, INT64_MAX);
  EXPECT_EQ((*decoded)->rows()[1].modseq, ModSeq(INT64_MAX));
}

template <class Decode>
void damage_everywhere(const std::string& bytes, Decode decode) {
  for (std::size_t length = 0; length < bytes.size(); ++length)
    (void)decode(bytes.substr(0, length));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const auto result = decode(damaged);
      if (!result) EXPECT_EQ(result.error().code, Errc::kCorrupt);
    }
  }
}

LogRecord some_record() {
  LogRecord record;
  AddSection added;
  for (std::uint32_t uid = 5; uid < 9; ++uid) {
    AddSection::Row entry;
    entry.row.uid = Uid(uid);
    entry.row.email = EmailId(100 - uid);
    entry.row.size = 4000;
    entry.row.internal_date = -5;
    entry.row.zone_minutes = -90;
    entry.row.save_date = 1'700'000'000;
    entry.flags.system = kSeen;
    entry.flags.keywords.set(255);
    added.rows.push_back(entry);
  }
  record.sections.emplace_back(std::move(added));
  record.sections.emplace_back(FlagsSection{FlagMode::kRemove,
                                            FlagSet{.system = kDraft, .keywords = {}},
                                            UidSet::of({1, 2, 3, 9, 4'294'967'295u})});
  record.sections.emplace_back(ExpungeSection{UidSet::range(1, 4'000'000'000u)});
  return record;
}

TEST(Records, DamageNeverDoesWorseThanCorrupt) {
  damage_everywhere(encode_chunk(*some_chunk(3, 20)), [](std::string bytes) {
    MailboxCounts counts;
    auto chunk = decode_chunk(std::move(bytes), counts);
    // What was taken can be unpacked, and counts what it holds.
    if (chunk) EXPECT_EQ((*chunk)->rows().size(), counts.exists);
    return chunk;
  });
  damage_everywhere(encode_log_record(some_record()), decode_log_record);
  damage_everywhere(encode_counters({.next_mailbox = 7, .next_email = 300, .used_bytes = 1 << 30}),
                    decode_counters);
  damage_everywhere(encode_header({}), decode_header);
  damage_everywhere(
      encode_mailbox({Folder{.name = "a/b", .uid_validity = UidValidity(5)}, {"k", "l"}}),
      decode_mailbox);
  damage_everywhere(
      encode_vanished({{ModSeq(5), UidSet::of({1, 4})}, {ModSeq(9), UidSet::of({2})}}),
      decode_vanished);
  damage_everywhere(encode_metadata({"/private/comment", "hi"}), decode_metadata);
  damage_everywhere(encode_release({.when = 99, .mailbox = {}, .emails = {EmailId(4), EmailId(2)}}),
                    decode_release);
}

TEST(Records, RoundTrip) {
  const auto record = decode_log_record(encode_log_record(some_record()));
  ASSERT_TRUE(record);
  EXPECT_EQ(encode_log_record(*record), encode_log_record(some_record()));
  const Counters counters{.next_mailbox = 7,
                          .next_email = 300,
                          .next_release = 4,
                          .last_uid_validity = UINT32_MAX,
                          .limit_bytes = UINT64_MAX,
                          .used_bytes = 5,
                          .used_messages = 6,
                          .limit_messages = UINT64_MAX,
                          .limit_mailboxes = 9};
  EXPECT_EQ(*decode_counters(encode_counters(counters)), counters);
  // The example of docs/formats/mailstore.md, and the form before it.
  const std::string first = "\x01\x07\xac\x02\x04\x80\xe2\xcf\xaa\x06\x90\x4e\x05\x06";
  ASSERT_TRUE(decode_counters(first));
  EXPECT_EQ(decode_counters(first)->limit_bytes, 10'000u);
  EXPECT_EQ(decode_counters(first)->limit_messages, 0u);
  EXPECT_EQ(crypto::to_hex(encode_counters(*decode_counters(first))),
            "0207ac020480e2cfaa06904e05060000");
  Header header;
  header.counts = {.exists = 5,
                   .unseen = 4,
                   .deleted = 3,
                   .bytes = 1000,
                   .uid_next = Uid(99),
                   .highest_modseq = ModSeq(77)};
  header.folded = ModSeq(70);
  header.vanished_floor = ModSeq(3);
  header.log_records = 7;
  header.log_bytes = 700;
  EXPECT_EQ(encode_header(*decode_header(encode_header(header))), encode_header(header));
  const auto vanished = decode_vanished(
      encode_vanished({{ModSeq(5), UidSet::of({1, 4})}, {ModSeq(9), UidSet::of({2})}}));
  EXPECT_EQ((*vanished)[1].modseq, ModSeq(9));
  EXPECT_EQ((*vanished)[0].uids, UidSet::of({1, 4}));
  const auto release = decode_release(
      encode_release({.when = -9, .mailbox = MailboxId(3), .emails = {EmailId(4), EmailId(2)}}));
  EXPECT_EQ(release->emails, (std::vector<EmailId>{EmailId(4), EmailId(2)}));
  EXPECT_EQ(release->when, -9);
}

TEST(BatchMerger, HasTheEffectOfOneAfterTheOther) {
  BatchMerger merger;
  engine::Batch first;
  first.puts = {{"a", "1"}, {"b", "1"}, {"m", "1"}, {"z", "1"}};
  first.deletes = {"c"};
  merger.add(std::move(first));
  engine::Batch second;
  second.puts = {{"a", "2"}, {"c", "2"}, {"m5", "own"}};
  second.deletes = {"b"};
  second.delete_ranges = {{"m", "n"}};
  ASSERT_TRUE(merger.fits(second));
  merger.add(std::move(second));
  engine::Batch into_range;
  into_range.puts = {{"m1", "x"}};
  EXPECT_FALSE(merger.fits(into_range));
  engine::Batch beside;
  beside.puts = {{"n", "x"}};
  EXPECT_TRUE(merger.fits(beside));
  engine::Batch huge;
  huge.puts = {{"n", std::string(2u << 20, 'x')}};
  EXPECT_FALSE(merger.fits(huge));
  const engine::Batch merged = merger.take();
  using Puts = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(merged.puts, (Puts{{"a", "2"}, {"c", "2"}, {"m5", "own"}, {"z", "1"}}));
  EXPECT_EQ(merged.deletes, std::vector<std::string>{"b"});
  EXPECT_EQ(merged.delete_ranges, (Puts{{"m", "n"}}));
}

TEST(BatchMerger, TakesAnyFirstBatch) {
  engine::Batch huge;
  huge.puts = {{"n", std::string(2u << 20, 'x')}};
  EXPECT_TRUE(BatchMerger().fits(huge));
}

}  // namespace
}  // namespace postern::mailstore
