#include "search/text_matcher.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace postern::search {
namespace {

constexpr std::size_t kLongestHeld = 4096;

bool ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// Where `text` may be cut so that folding the two halves equals folding the whole: before an ASCII
// character, which nothing before it combines with. Without one near the end, before any character.
std::size_t fold_border(std::string_view text) {
  const std::size_t least = text.size() > kLongestHeld ? text.size() - kLongestHeld : 0;
  for (std::size_t at = text.size(); at > least; --at) {
    if (ascii(text[at - 1])) return at - 1;
  }
  if (text.size() <= kLongestHeld) return 0;
  std::size_t at = text.size() - 1;
  while (at > least && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace

// glibc's memmem is the two-way algorithm.
bool contains_text(std::string_view text, std::string_view needle) {
  return needle.empty() ||
         memmem(text.data(), text.size(), needle.data(), needle.size()) != nullptr;
}

TextMatcher::TextMatcher(std::vector<Needle> needles) {
  lanes_[1].folding = Folding::kLoose;
  for (Needle& needle : needles) {
    if (needle.folded.empty()) {
      found_.push_back(needle.leaf);
      continue;
    }
    Lane& lane = lanes_[needle.folding == Folding::kLoose ? 1 : 0];
    lane.longest = std::max(lane.longest, needle.folded.size());
    lane.needles.push_back(std::move(needle));
  }
}

void TextMatcher::begin(Scope scope) {
  scope_ = scope;
  unfolded_.clear();
  for (Lane& lane : lanes_) lane.window.clear();
}

void TextMatcher::feed(std::string_view utf8) {
  unfolded_ += utf8;
  const std::size_t border = fold_border(unfolded_);
  scan(std::string_view(unfolded_).substr(0, border));
  unfolded_.erase(0, border);
}

void TextMatcher::end() {
  scan(unfolded_);
  unfolded_.clear();
  for (Lane& lane : lanes_) lane.window.clear();
}

void TextMatcher::scan(std::string_view utf8) {
  if (utf8.empty()) return;
  for (Lane& lane : lanes_) scan(utf8, lane);
}

void TextMatcher::scan(std::string_view utf8, Lane& lane) {
  if (lane.needles.empty()) return;
  std::string& window = lane.window;
  window += fold_text(utf8, lane.folding);
  std::erase_if(lane.needles, [&](const Needle& needle) {
    if (needle.content_only && scope_ == Scope::kHeaders) return false;
    if (!contains_text(window, needle.folded)) return false;
    found_.push_back(needle.leaf);
    return true;
  });
  if (window.size() >= lane.longest) window.erase(0, window.size() - (lane.longest - 1));
}

std::vector<std::uint32_t> TextMatcher::take_found() {
  return std::exchange(found_, {});
}

std::size_t TextMatcher::wanted(Scope scope) const {
  std::size_t count = 0;
  for (const Lane& lane : lanes_) {
    for (const Needle& needle : lane.needles) {
      if (scope == Scope::kContent || !needle.content_only) ++count;
    }
  }
  return count;
}

}  // namespace postern::search
