// Random commands of two to eight sessions against the server and against a naive model; after each
// command every session must have been told exactly what the model says. POSTERN_SEED replays a
// printed seed, POSTERN_STEPS runs longer.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "base/ascii.h"
#include "session/testing/model_world.h"

namespace postern::session {
namespace {

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_decimal<std::uint64_t>(text).value_or(otherwise);
}

TEST(SessionModel, AllSessionsAgreeAtEveryStep) {
  constexpr std::uint64_t kStepsOfAWorld = 1'000;
  const std::uint64_t seed = number_of("POSTERN_SEED", std::random_device{}());
  const std::uint64_t steps = number_of("POSTERN_STEPS", 100'000);
  std::printf("%llu steps, POSTERN_SEED=%llu\n", static_cast<unsigned long long>(steps),
              static_cast<unsigned long long>(seed));
  std::mt19937_64 seeds(seed);
  for (std::uint64_t done = 0; done < steps; done += kStepsOfAWorld) {
    // The first world is that of the seed itself, so that a failure is replayed at once.
    const std::uint64_t of_world = done == 0 ? seed : seeds();
    ModelWorld world(of_world);
    for (std::uint64_t step = 0; step < kStepsOfAWorld && done + step < steps; ++step) {
      ASSERT_TRUE(world.step()) << "POSTERN_SEED=" << of_world << " step " << step << "\n"
                                << world.fault();
    }
  }
}

}  // namespace
}  // namespace postern::session
