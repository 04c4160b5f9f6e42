// View, RowCursor and Output over synthetic versions, without store or session.
#include "session/view.h"

#include <gtest/gtest.h>

#include "session/testing/fake_clock.h"
#include "session/testing/pipe_transport.h"

namespace postern::session {
namespace {

using mailstore::Chunk;
using mailstore::MailboxVersion;
using mailstore::VersionPtr;

// Rows with the given UIDs in chunks of `per_chunk`; MODSEQ 1 and no flags.
VersionPtr version(const std::vector<std::uint32_t>& uids, std::size_t per_chunk = 3) {
  std::vector<mailstore::ChunkPtr> chunks;
  std::shared_ptr<Chunk> chunk;
  for (const std::uint32_t uid : uids) {
    if (chunk == nullptr || chunk->size() == per_chunk) {
      chunk = std::make_shared<Chunk>();
      chunks.push_back(chunk);
    }
    mailstore::MessageRow row;
    row.uid = Uid(uid);
    row.modseq = ModSeq(1);
    row.email = EmailId(uid);
    chunk->add(row, {});
  }
  mailstore::MailboxCounts counts;
  counts.exists = static_cast<std::uint32_t>(uids.size());
  counts.uid_next = Uid(uids.empty() ? 1 : uids.back() + 1);
  return std::make_shared<MailboxVersion>(
      UidValidity(7), counts, std::make_shared<std::vector<std::string>>(), std::move(chunks));
}

std::vector<std::uint32_t> uids_of(const std::vector<MailboxVersion::MessageRef>& rows) {
  std::vector<std::uint32_t> uids;
  for (const auto& row : rows) uids.push_back(row.row->uid.value());
  return uids;
}

class ViewTest : public testing::Test {
 protected:
  // Tells `to` with rev2 enabled, so that \Recent needs no account.
  std::string tell(View& view, VersionPtr to, View::Expunges expunges, bool qresync = false) {
    Enabled enabled;
    enabled.rev2 = true;
    enabled.qresync = qresync;
    EXPECT_TRUE(run_blocking(executor, view.tell(out, std::move(to), expunges, enabled)));
    EXPECT_TRUE(run_blocking(executor, out.flush()));
    return transport.take_output();
  }

  ManualExecutor executor;
  FakeClock clock;
  PipeTransport transport{executor, clock};
  SessionEntry entry{1, transport, clock.now()};
  Output out{transport, clock, entry, std::chrono::minutes(5)};
};

TEST_F(ViewTest, ExpungesComeFromTheTopDownThenExists) {
  View view({}, version({1, 2, 3, 4}), View::Access::kReadWrite);
  EXPECT_EQ(tell(view, version({2, 4, 5, 6}), View::Expunges::kTell),
            "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n* 4 EXISTS\r\n");
  EXPECT_EQ(tell(view, view.newest(), View::Expunges::kTell), "");
}

TEST_F(ViewTest, VanishedWithQresync) {
  View view({}, version({1, 2, 3, 4}), View::Access::kReadWrite);
  EXPECT_EQ(tell(view, version({4}), View::Expunges::kTell, true), "* VANISHED 1:3\r\n");
}

TEST_F(ViewTest, HeldExpungesAreToldLater) {
  View view({}, version({1, 2, 3}), View::Access::kReadWrite);
  EXPECT_EQ(tell(view, version({2, 3, 9}), View::Expunges::kHold), "* 4 EXISTS\r\n");
  EXPECT_TRUE(view.holds_expunges());
  EXPECT_EQ(view.shown()->exists(), 4U);
  EXPECT_EQ(tell(view, version({3, 9}), View::Expunges::kHold), "");
  EXPECT_EQ(view.shown()->exists(), 4U);
  EXPECT_EQ(tell(view, view.newest(), View::Expunges::kTell), "* 2 EXPUNGE\r\n* 1 EXPUNGE\r\n");
  EXPECT_FALSE(view.holds_expunges());
}

TEST_F(ViewTest, OutputStaysBounded) {
  std::vector<std::uint32_t> many(50'000);
  for (std::uint32_t i = 0; i < many.size(); ++i) many[i] = i + 1;
  View view({}, version(many, 512), View::Access::kReadWrite);
  const std::string told = tell(view, version({}), View::Expunges::kTell);
  EXPECT_TRUE(told.starts_with("* 50000 EXPUNGE\r\n* 49999 EXPUNGE\r\n"));
  EXPECT_TRUE(told.ends_with("* 1 EXPUNGE\r\n"));
  EXPECT_LE(out.high_water(), Output::kCap);
}

TEST(RowCursorTest, TakesInPieces) {
  const VersionPtr v = version({1, 3, 4, 7, 8, 9, 20, 30});
  const UidSet asked = UidSet::of({1, 2, 4, 5, 8, 9, 10, 30, 31});
  for (std::size_t limit : {1U, 2U, 3U, 100U}) {
    RowCursor cursor(asked);
    std::vector<std::uint32_t> got;
    while (true) {
      const auto rows = cursor.take(*v, limit);
      if (rows.empty()) break;
      EXPECT_LE(rows.size(), limit);
      for (const auto& row : rows) EXPECT_EQ(v->by_uid(row.row->uid)->seq, row.seq);
      for (const std::uint32_t uid : uids_of(rows)) got.push_back(uid);
    }
    EXPECT_EQ(got, (std::vector<std::uint32_t>{1, 4, 8, 9, 30})) << limit;
  }
}

TEST(RowCursorTest, EdgesAndGaps) {
  const VersionPtr v = version({5, 4294967295});
  const UidSet all = UidSet::range(1, UINT32_MAX);
  RowCursor cursor(all);
  EXPECT_EQ(uids_of(cursor.take(*v, 10)), (std::vector<std::uint32_t>{5, 4294967295}));
  EXPECT_TRUE(cursor.take(*v, 10).empty());
  const UidSet none;
  RowCursor empty(none);
  EXPECT_TRUE(empty.take(*v, 10).empty());
  RowCursor nothing(all);
  EXPECT_TRUE(nothing.take(*version({}), 10).empty());
}

TEST(FlagTextTest, ReservedForTheVersionThatWasReset) {
  FlagText text;
  const VersionPtr v = version({1});
  std::string out;
  text.append(out, *v, *v->by_seq(SeqNum(1)), false);
  text.append(out, *v, *v->by_seq(SeqNum(1)), true);
  EXPECT_EQ(out, "()(\\Recent)");
}

TEST(OutputTest, LargePiecesAreNotCopiedAndAStallFails) {
  ManualExecutor executor;
  FakeClock clock;
  PipeTransport transport(executor, clock);
  SessionEntry entry(1, transport, clock.now());
  Output out(transport, clock, entry, std::chrono::minutes(5));
  const std::string piece(200'000, 'x');
  EXPECT_TRUE(run_blocking(executor, out.write(piece)));
  EXPECT_EQ(out.high_water(), 0U);
  EXPECT_EQ(transport.take_output(), piece);
  transport.stall(true);
  std::optional<bool> result;
  auto body = [](Output& o, std::optional<bool>& r) -> task<void> {
    o.append("waits");
    r = co_await o.flush();
  };
  spawn(executor, body(out, result), [](std::exception_ptr) {});
  executor.run_ready();
  EXPECT_FALSE(result.has_value());
  clock.advance(std::chrono::minutes(5));
  transport.wake();
  executor.run_ready();
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(*result);
  EXPECT_TRUE(out.timed_out());
  EXPECT_FALSE(run_blocking(executor, out.write("more")));
}

}  // namespace
}  // namespace postern::session
