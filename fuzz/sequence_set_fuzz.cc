// sequence-set: what is accepted is normalized once and for all, and resolves inside the id range.
#include <cstdint>

#include "imap/number_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using postern::imap::NumberSet;
  const auto set = NumberSet::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!set.has_value()) return 0;
  const auto again = NumberSet::parse(set->to_string());
  if (!again.has_value() || *again != *set) __builtin_trap();
  if (set->is_saved_result()) return 0;
  for (const std::uint32_t max : {0U, 1U, 1000U, UINT32_MAX}) {
    const postern::UidSet uids = set->resolve<postern::Uid>(max);
    if (uids != again->resolve<postern::Uid>(max)) __builtin_trap();
    if (!uids.empty() && !uids.min().valid()) __builtin_trap();
    if (set->uses_star() && max != 0 && !uids.contains(postern::Uid(max))) __builtin_trap();
  }
  return 0;
}
