// Where tests make the operating system fail. Empty in production.
#pragma once

#include <cstdint>
#include <functional>

namespace postern::engine {

enum class FaultPoint : std::uint8_t {
  kSegmentWrite,  // before a group's frames are written
  kSegmentSync,   // instead of their flush
  kMetaWrite,     // instead of the metadata write
};

// An errno value to fail with, or 0.
using FaultHook = std::function<int(FaultPoint)>;

}  // namespace postern::engine
