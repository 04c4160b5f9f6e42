// BoundarySet: the boundaries of all multiparts open at this point, matched against a line at once.
//
// RFC 2046 §5.1.1 compares a boundary with the beginning of the line, so several may match; the
// longest wins, the innermost among equals. The set is kept sorted and narrowed octet by octet: a
// line costs its own length times the logarithm of the depth, however many boundaries share a
// prefix.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::mime {

class BoundarySet {
 public:
  struct Match {
    std::size_t level = 0;   // as given to open()
    std::size_t length = 0;  // of the boundary
  };

  // Levels are opened in ascending order. `boundary` is not empty.
  void open(std::string boundary, std::size_t level);
  // Forgets every boundary with a level of at least `level`.
  void close_from(std::size_t level);
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t longest() const { return longest_; }
  // `text` is the line after its two leading dashes.
  [[nodiscard]] std::optional<Match> find(std::string_view text) const;

 private:
  struct Entry {
    std::string boundary;
    std::size_t level = 0;
  };
  std::vector<Entry> entries_;  // by boundary, then level
  std::size_t longest_ = 0;
};

}  // namespace postern::mime
