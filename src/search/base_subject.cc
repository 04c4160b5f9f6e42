#include "search/base_subject.h"

#include "base/ascii.h"

namespace postern::search {
namespace {

// RFC 5256 §2.1 (1): tabs and line ends become spaces, several spaces one.
std::string one_line(std::string_view subject) {
  std::string out;
  out.reserve(subject.size());
  for (const char c : subject) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

constexpr std::string_view kForward = "(fwd)";
constexpr std::string_view kForwardHeader = "[fwd:";

// Works on [begin_, end_) of the text, which only shrinks.
class Extraction {
 public:
  explicit Extraction(std::string_view text) : text_(text), end_(text.size()) {}

  BaseSubject run() {
    do {
      strip_trailers();
      while (strip_leaders() || strip_blob()) {
      }
    } while (strip_forward());
    return {std::string(text_.substr(begin_, end_ - begin_)), marked_};
  }

 private:
  [[nodiscard]] bool at(std::size_t from, std::string_view lower) const {
    return end_ - from >= lower.size() && iequals(text_.substr(from, lower.size()), lower);
  }
  [[nodiscard]] std::size_t skip_spaces(std::size_t from) const {
    while (from < end_ && text_[from] == ' ') ++from;
    return from;
  }
  // Behind the subj-blob at `from`; `from` when there is none.
  [[nodiscard]] std::size_t skip_blob(std::size_t from) const {
    if (from >= end_ || text_[from] != '[') return from;
    const std::size_t close = text_.find_first_of("[]", from + 1);
    if (close >= end_ || text_[close] == '[') return from;
    return skip_spaces(close + 1);
  }

  void strip_trailers() {  // (2)
    while (end_ > begin_) {
      if (text_[end_ - 1] == ' ') {
        --end_;
      } else if (end_ - begin_ >= kForward.size() && at(end_ - kForward.size(), kForward)) {
        end_ -= kForward.size();
        marked_ = true;
      } else {
        return;
      }
    }
  }

  // Where the run of blobs at begin_ ends. Looked for once a run, although its blobs go one by one.
  std::size_t blobs_end() {
    if (begin_ >= blobs_end_) {
      blobs_end_ = begin_;
      for (std::size_t next = skip_blob(begin_); next != blobs_end_; next = skip_blob(next))
        blobs_end_ = next;
    }
    return blobs_end_;
  }

  bool strip_leaders() {  // (3)
    bool any = false;
    while (begin_ < end_) {
      if (text_[begin_] == ' ') {
        ++begin_;
        any = true;
        continue;
      }
      const std::size_t after = skip_refwd(blobs_end());
      if (after == 0) break;
      begin_ = after;
      marked_ = any = true;
    }
    return any;
  }

  // Behind the subj-refwd at `from`; 0 when there is none.
  [[nodiscard]] std::size_t skip_refwd(std::size_t from) const {
    std::size_t next = at(from, "re")    ? from + 2
                       : at(from, "fwd") ? from + 3
                       : at(from, "fw")  ? from + 2
                                         : 0;
    if (next == 0) return 0;
    next = skip_blob(skip_spaces(next));
    return next < end_ && text_[next] == ':' ? next + 1 : 0;
  }

  bool strip_blob() {  // (4)
    if (blobs_end() == begin_) return false;
    const std::size_t after = skip_blob(begin_);
    if (after >= end_) return false;
    begin_ = after;
    return true;
  }

  bool strip_forward() {  // (6)
    if (!at(begin_, kForwardHeader) || end_ - begin_ == kForwardHeader.size() ||
        text_[end_ - 1] != ']')
      return false;
    begin_ += kForwardHeader.size();
    --end_;
    blobs_end_ = 0;
    return marked_ = true;
  }

  std::string_view text_;
  std::size_t begin_ = 0;
  std::size_t end_;
  std::size_t blobs_end_ = 0;
  bool marked_ = false;
};

}  // namespace

BaseSubject base_subject(std::string_view subject) {
  const std::string text = one_line(subject);
  return Extraction(text).run();
}

}  // namespace postern::search
