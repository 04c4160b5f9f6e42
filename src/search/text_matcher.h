// TextMatcher: looks for several folded texts in streams of UTF-8, across the borders of the
// pieces.
//
// Each needle belongs to a leaf of the plan and has a scope. A text is begun, fed in any split, and
// ended; needles never match across two texts. Linear in text times needles still looked for.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search/plan.h"

namespace postern::search {

// Linear in the worst case, unlike string_view::find.
[[nodiscard]] bool contains_text(std::string_view text, std::string_view needle);

enum class Scope : std::uint8_t {
  kHeaders,  // only TEXT looks here: the message's header, MIME headers of parts
  kContent,  // TEXT and BODY: text parts, headers of embedded messages
};

class TextMatcher {
 public:
  struct Needle {
    std::uint32_t leaf = 0;
    std::string folded;
    bool content_only = false;  // BODY
    Folding folding = Folding::kCasemap;
  };

  // Needles that are empty are found at once.
  explicit TextMatcher(std::vector<Needle> needles);

  void begin(Scope scope);
  void feed(std::string_view utf8);
  void end();
  // Leaves found since the last call.
  [[nodiscard]] std::vector<std::uint32_t> take_found();
  // How many needles are still looked for in texts of that scope.
  [[nodiscard]] std::size_t wanted(Scope scope) const;

 private:
  // The needles of one way of folding.
  struct Lane {
    Folding folding = Folding::kCasemap;
    std::vector<Needle> needles;
    std::size_t longest = 0;
    std::string window;  // the folded end of what was scanned, shorter than the longest needle
  };
  void scan(std::string_view utf8);
  void scan(std::string_view utf8, Lane& lane);

  std::array<Lane, 2> lanes_;
  std::vector<std::uint32_t> found_;
  Scope scope_ = Scope::kContent;
  std::string unfolded_;  // held back: combining characters may follow it
};

}  // namespace postern::search
