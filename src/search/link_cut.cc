#include "search/link_cut.h"

namespace postern::search {

std::uint32_t LinkCutForest::add() {
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

bool LinkCutForest::tops_its_path(std::uint32_t x) const {
  const std::uint32_t up = nodes_[x].up;
  return up == kNone || (nodes_[up].left != x && nodes_[up].right != x);
}

void LinkCutForest::rotate(std::uint32_t x) {
  const std::uint32_t y = nodes_[x].up;
  const std::uint32_t z = nodes_[y].up;
  const bool top = tops_its_path(y);
  const bool left = nodes_[y].left == x;
  const std::uint32_t middle = left ? nodes_[x].right : nodes_[x].left;
  (left ? nodes_[y].left : nodes_[y].right) = middle;
  if (middle != kNone) nodes_[middle].up = y;
  (left ? nodes_[x].right : nodes_[x].left) = y;
  nodes_[y].up = x;
  nodes_[x].up = z;
  if (!top) (nodes_[z].left == y ? nodes_[z].left : nodes_[z].right) = x;
}

void LinkCutForest::splay(std::uint32_t x) {
  while (!tops_its_path(x)) {
    const std::uint32_t y = nodes_[x].up;
    if (!tops_its_path(y)) {
      const std::uint32_t z = nodes_[y].up;
      const bool straight = (nodes_[z].left == y) == (nodes_[y].left == x);
      rotate(straight ? y : x);
    }
    rotate(x);
  }
}

void LinkCutForest::access(std::uint32_t x) {
  std::uint32_t below = kNone;
  for (std::uint32_t at = x; at != kNone; at = nodes_[at].up) {
    splay(at);
    nodes_[at].right = below;
    below = at;
  }
  splay(x);
}

std::uint32_t LinkCutForest::root(std::uint32_t node) {
  access(node);
  while (nodes_[node].left != kNone) node = nodes_[node].left;
  splay(node);
  return node;
}

void LinkCutForest::link(std::uint32_t child, std::uint32_t parent) {
  access(child);
  nodes_[child].up = parent;
}

void LinkCutForest::cut(std::uint32_t child) {
  access(child);
  const std::uint32_t above = nodes_[child].left;
  if (above == kNone) return;
  nodes_[above].up = kNone;
  nodes_[child].left = kNone;
}

}  // namespace postern::search
