// TextMatcher: looks for several folded texts in streams of UTF-8, across the borders of the
// pieces.
//
// Each needle belongs to a leaf of the plan and has a scope. A text is begun, fed in any split, and
// ended; needles never match across two texts. Linear in text times needles still looked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
  void scan(std::string_view utf8);
  std::vector<Needle> needles_;
  std::vector<std::uint32_t> found_;
  std::size_t longest_ = 0;
  Scope scope_ = Scope::kContent;
  std::string unfolded_;  // held back: combining characters may follow it
  std::string window_;    // the folded end of what was scanned, shorter than the longest needle
};

}  // namespace postern::search
