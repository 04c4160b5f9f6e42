// LinkCutForest: rooted trees whose nodes get and lose parents, with the root of any node, each in
// O(log n) amortized (Sleator and Tarjan's link-cut trees over splay trees).
//
// Threading asks before each link whether it would close a loop, and breaks links again; walking up
// would be quadratic in a long chain of replies. No recursion.
#pragma once

#include <cstdint>
#include <vector>

namespace postern::search {

class LinkCutForest {
 public:
  // A node of its own; numbered from 0.
  std::uint32_t add();
  [[nodiscard]] std::uint32_t root(std::uint32_t node);
  // Precondition: `child` is a root, and not that of `parent`.
  void link(std::uint32_t child, std::uint32_t parent);
  void cut(std::uint32_t child);  // from its parent, if it has one

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  // A path from a tree's root downwards is a splay tree by depth: left is above, right is below.
  // The root of a splay tree has as `up` the node that its path hangs from.
  struct Node {
    std::uint32_t up = kNone, left = kNone, right = kNone;
  };

  [[nodiscard]] bool tops_its_path(std::uint32_t x) const;
  void rotate(std::uint32_t x);
  void splay(std::uint32_t x);
  void access(std::uint32_t x);  // x ends the path from its root, and tops that path's splay tree

  std::vector<Node> nodes_;
};

}  // namespace postern::search
