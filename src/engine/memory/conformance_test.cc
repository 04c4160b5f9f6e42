// The two ways the memory engine delivers `done`, as backends of the conformance suite.
#include "engine/conformance/harness.h"
#include "engine/memory/memory_engine.h"

namespace postern::engine {

std::vector<Backend> conformance_backends() {
  const auto opener = [](MemoryEngine::Delivery delivery) {
    return [delivery](const std::filesystem::path&) -> Result<std::unique_ptr<Engine>> {
      return MemoryEngine::create(delivery);
    };
  };
  return {{.name = "Memory", .open = opener(MemoryEngine::Delivery::kThread)},
          {.name = "MemoryInline", .open = opener(MemoryEngine::Delivery::kInline)}};
}

}  // namespace postern::engine
