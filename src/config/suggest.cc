// "Did you mean": the known key with the fewest changed letters.
#include <algorithm>
#include <numeric>

#include "base/ascii.h"
#include "config/table.h"

namespace postern::config {
namespace {

// Levenshtein distance with adjacent transpositions; both texts are short (checked by the caller).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  std::iota(previous.begin(), previous.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = ascii_lower(a[i - 1]) == ascii_lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, previous[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}
std::string_view section(std::string_view key) {
  return key.substr(0, key.find('.'));
}

}  // namespace

std::string_view suggest_key(std::string_view key) {
  constexpr std::size_t kLongest = 64;  // LIMIT: longer is no typing error
  if (key.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = kLongest;
  const auto consider = [&](std::string_view given, std::string_view known, std::string_view answer,
                            std::size_t extra) {
    const std::size_t d = distance(given, known);
    if (d <= std::max<std::size_t>(1, known.size() / 3) && d + extra < best_distance) {
      best = answer;
      best_distance = d + extra;
    }
  };
  for (const Setting& setting : settings_table()) {
    consider(key, setting.key, setting.key, 0);
    // The right key in the wrong section, or none.
    consider(last_part(key), last_part(setting.key), setting.key, 2);
    if (key.find('.') == std::string_view::npos)
      consider(key, section(setting.key), section(setting.key), 0);
  }
  return best;
}

}  // namespace postern::config
