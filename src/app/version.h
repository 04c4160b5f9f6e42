// The version of this program, as the project's CMakeLists.txt has it.
#pragma once

#include <string_view>

namespace postern::app {

inline constexpr std::string_view kVersion = POSTERN_VERSION;

}  // namespace postern::app
