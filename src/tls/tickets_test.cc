#include "tls/tickets.h"

#include <gtest/gtest.h>

namespace postern::tls {
namespace {

class StepClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  std::int64_t unix_seconds() const override { return 0; }
  std::int64_t unix_millis() const override { return 0; }
  void advance(Duration d) { now_ += d; }

 private:
  TimePoint now_{};
};

TEST(TicketKeys, KeepsTwo) {
  StepClock clock;
  TicketKeys keys(clock);
  const TicketKey first = keys.current();
  clock.advance(TicketKeys::kRotation - Duration(1));
  EXPECT_EQ(keys.current().name, first.name);
  ASSERT_TRUE(keys.find(first.name));
  EXPECT_FALSE(keys.find(first.name)->renew);

  clock.advance(Duration(1));
  const TicketKey second = keys.current();
  EXPECT_NE(second.name, first.name);
  EXPECT_NE(second.cipher, first.cipher);
  ASSERT_TRUE(keys.find(first.name));
  EXPECT_TRUE(keys.find(first.name)->renew);
  EXPECT_EQ(keys.find(first.name)->key.cipher, first.cipher);

  clock.advance(TicketKeys::kRotation);
  EXPECT_FALSE(keys.find(first.name));
  EXPECT_TRUE(keys.find(second.name));
}

TEST(TicketKeys, AnIdleServerForgetsAsFast) {
  StepClock clock;
  TicketKeys keys(clock);
  const TicketKey first = keys.current();
  clock.advance(2 * TicketKeys::kRotation);
  EXPECT_FALSE(keys.find(first.name))
      << "nobody asked for an hour, the key is two hours old all the same";
}

}  // namespace
}  // namespace postern::tls
