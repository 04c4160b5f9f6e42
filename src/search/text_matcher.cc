#include "search/text_matcher.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "mime/decode.h"

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

TextMatcher::TextMatcher(std::vector<Needle> needles) : needles_(std::move(needles)) {
  for (const Needle& needle : needles_) {
    if (needle.folded.empty()) found_.push_back(needle.leaf);
    longest_ = std::max(longest_, needle.folded.size());
  }
  std::erase_if(needles_, [](const Needle& needle) { return needle.folded.empty(); });
}

void TextMatcher::begin(Scope scope) {
  scope_ = scope;
  unfolded_.clear();
  window_.clear();
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
  window_.clear();
}

void TextMatcher::scan(std::string_view utf8) {
  if (utf8.empty() || needles_.empty()) return;
  window_ += mime::fold(utf8);
  std::erase_if(needles_, [this](const Needle& needle) {
    if (needle.content_only && scope_ == Scope::kHeaders) return false;
    if (!contains_text(window_, needle.folded)) return false;
    found_.push_back(needle.leaf);
    return true;
  });
  if (window_.size() >= longest_) window_.erase(0, window_.size() - (longest_ - 1));
}

std::vector<std::uint32_t> TextMatcher::take_found() {
  return std::exchange(found_, {});
}

std::size_t TextMatcher::wanted(Scope scope) const {
  if (scope == Scope::kContent) return needles_.size();
  return static_cast<std::size_t>(std::count_if(
      needles_.begin(), needles_.end(), [](const Needle& needle) { return !needle.content_only; }));
}

}  // namespace postern::search
