// The contract of base/transport.h over a plain socket pair: waits, deadlines, signals, aborts.
#include "net/stream.h"

#include <gtest/gtest.h>

#include <thread>

#include "net/test_support.h"

namespace postern::net {
namespace {

using namespace testing;
using Wake = Transport::Wake;

class PlainStreamTest : public ::testing::Test {
 protected:
  PlainStreamTest() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    peer_ = Fd(fds[0]);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(peer_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    stream_ = run_on(loop(), make(loop(), fds[1]));
  }
  ~PlainStreamTest() override { run_on(loop(), drop(stream_)); }

  static task<std::unique_ptr<Transport>> make(Loop& loop, int fd) {
    co_return make_plain_stream(Socket(loop, Fd(fd)), PeerInfo{.address = "unix"});
  }
  static task<bool> drop(std::unique_ptr<Transport>& stream) {
    stream.reset();
    co_return true;
  }
  static task<std::string> read(Transport& stream, TimePoint deadline) {
    char buffer[64];
    const auto n = co_await stream.read(buffer, deadline);
    co_return n ? std::string(buffer, *n) : std::string(to_string(n.error().code));
  }
  Loop& loop() { return loops_.at(0); }

  LoopGroup loops_{1};
  Fd peer_;
  std::unique_ptr<Transport> stream_;
};

TEST_F(PlainStreamTest, ReadsWritesAndEnds) {
  ASSERT_TRUE(send_all(peer_.get(), "hello"));
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, soon())).value(), Wake::kReadable);
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "hello");
  EXPECT_TRUE(run_on(loop(), stream_->write("world", soon())));
  EXPECT_EQ(read_some(peer_.get()), "world");
  peer_.reset();
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, soon())).value(), Wake::kReadable) << "the end";
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "");
}

TEST_F(PlainStreamTest, DeadlinesEndWaitsAndReads) {
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::milliseconds(5)))).value(),
            Wake::kDeadline);
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::milliseconds(-1)))).value(),
            Wake::kDeadline);
  EXPECT_EQ(run_on(loop(), read(*stream_, after(std::chrono::milliseconds(5)))), "timeout");
  ASSERT_TRUE(send_all(peer_.get(), "late"));
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "late") << "a timeout of reading harms nothing";
}

TEST_F(PlainStreamTest, AnEarlierDeadlineAfterALaterOneFires) {
  Signal signal;
  signal.notify();
  EXPECT_EQ(run_on(loop(), stream_->wait(&signal, after(std::chrono::hours(1)))).value(),
            Wake::kSignal);
  ASSERT_TRUE(send_all(peer_.get(), "x"));
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::hours(1)))).value(),
            Wake::kReadable);
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "x");
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::milliseconds(5)))).value(),
            Wake::kDeadline);
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::milliseconds(20)))).value(),
            Wake::kDeadline);
}

TEST_F(PlainStreamTest, ASignalRaisedBeforeOrDuringTheWaitEndsIt) {
  Signal signal;
  signal.notify();
  EXPECT_EQ(run_on(loop(), stream_->wait(&signal, soon())).value(), Wake::kSignal);
  EXPECT_TRUE(signal.take()) << "the raise is the caller's to take";
  std::thread other([&] { signal.notify(); });
  EXPECT_EQ(run_on(loop(), stream_->wait(&signal, soon())).value(), Wake::kSignal);
  other.join();
  EXPECT_TRUE(signal.take());
  ASSERT_TRUE(send_all(peer_.get(), "x"));
  EXPECT_EQ(run_on(loop(), stream_->wait(&signal, soon())).value(), Wake::kReadable);
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "x");
}

task<int> count_wakes(Transport& stream, Signal& signal, int rounds) {
  int seen = 0;
  char buffer[64];
  while (seen < rounds) {
    const auto wake = co_await stream.wait(&signal, soon());
    if (!wake) co_return -1;
    if (*wake == Wake::kSignal && signal.take()) ++seen;
    if (*wake == Wake::kReadable && !co_await stream.read(buffer, soon())) co_return -2;
    if (*wake == Wake::kDeadline) co_return -3;
  }
  co_return seen;
}

TEST_F(PlainStreamTest, SignalsAndBytesFromOtherThreadsRace) {
  constexpr int kRounds = 2000;
  Signal signal;
  std::atomic<bool> done{false};
  std::thread notifier([&] {
    while (!done) signal.notify();
  });
  std::thread writer([&] {
    while (!done) (void)::send(peer_.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  });
  EXPECT_EQ(run_on(loop(), count_wakes(*stream_, signal, kRounds)), kRounds);
  done = true;
  notifier.join();
  writer.join();
}

TEST_F(PlainStreamTest, OldReadinessIsNotReported) {
  Signal signal;
  // The wait for bytes stays asked when the signal ends the wait ...
  std::thread other([&] { signal.notify(); });
  ASSERT_EQ(run_on(loop(), stream_->wait(&signal, soon())).value(), Wake::kSignal);
  other.join();
  // ... and is answered while nobody waits; the read takes the bytes.
  ASSERT_TRUE(send_all(peer_.get(), "x"));
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "x");
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, after(std::chrono::milliseconds(5)))).value(),
            Wake::kDeadline);
}

TEST_F(PlainStreamTest, AbortFromAnotherThreadEndsEverything) {
  std::thread other([&] { stream_->abort(); });
  const auto wake = run_on(loop(), stream_->wait(nullptr, soon()));
  ASSERT_FALSE(wake);
  EXPECT_EQ(wake.error().code, Errc::kClosed);
  other.join();
  stream_->abort();
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "closed");
  EXPECT_EQ(run_on(loop(), stream_->write("x", soon())).error().code, Errc::kClosed);
  EXPECT_EQ(run_on(loop(), stream_->wait(nullptr, soon())).error().code, Errc::kClosed);
}

task<int> write_bulk(Transport& stream, const std::string& bytes, TimePoint deadline,
                     std::atomic<bool>& done) {
  const auto written = co_await stream.write(bytes, deadline);
  done = true;
  co_return written ? 0 : static_cast<int>(written.error().code);
}

TEST_F(PlainStreamTest, ASlowReaderHoldsTheWriterBack) {
  const std::string bulk(8 << 20, 'b');
  std::atomic<bool> done{false};
  std::promise<int> promise;
  auto result = promise.get_future();
  spawn(loop(), store(write_bulk(*stream_, bulk, soon(), done), promise),
        [](const std::exception_ptr&) {});
  std::string got;
  while (got.size() < bulk.size() / 2) got += read_some(peer_.get(), 1000);
  EXPECT_FALSE(done) << "half of it is still to be read, more than sockets hold";
  while (got.size() < bulk.size()) got += read_some(peer_.get(), 1 << 16);
  EXPECT_EQ(result.get(), 0);
  EXPECT_EQ(got, bulk);
}

TEST_F(PlainStreamTest, AReaderThatReadsNothingEndsTheWrite) {
  const std::string bulk(8 << 20, 'b');
  std::atomic<bool> done{false};
  EXPECT_EQ(run_on(loop(), write_bulk(*stream_, bulk, after(std::chrono::milliseconds(30)), done)),
            static_cast<int>(Errc::kTimeout));
}

task<bool> end(Transport& stream) {
  co_await stream.shutdown();
  co_return true;
}

TEST_F(PlainStreamTest, ShutdownDeliversTheLastWordsDespiteUnreadInput) {
  ASSERT_TRUE(send_all(peer_.get(), "never read by the server"));
  ASSERT_TRUE(run_on(loop(), stream_->write("* BYE\r\n", soon())));
  std::promise<bool> promise;
  auto result = promise.get_future();
  spawn(loop(), store(end(*stream_), promise), [](const std::exception_ptr&) {});
  EXPECT_EQ(read_all(peer_.get()), "* BYE\r\n");
  ::shutdown(peer_.get(), SHUT_WR);
  EXPECT_TRUE(result.get());
  EXPECT_EQ(run_on(loop(), read(*stream_, soon())), "closed");
}

TEST(Loop, SleepsAndKeepsTheOrderOfPosting) {
  LoopGroup loops(2);
  EXPECT_EQ(loops.size(), 2u);
  struct Sleeper {
    static task<bool> run(TimePoint until) {
      co_await sleep_until(until);
      co_return std::chrono::steady_clock::now() >= until;
    }
  };
  EXPECT_TRUE(run_on(loops.at(1), Sleeper::run(after(std::chrono::milliseconds(5)))));
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 100; ++i) loops.at(0).post([&order, i] { order.push_back(i); });
  loops.at(0).post([&] { done.set_value(); });
  done.get_future().get();
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(order.size(), 100u);
}

}  // namespace
}  // namespace postern::net
