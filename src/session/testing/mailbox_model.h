// A mailbox as naively as it can be written down: the oracle of the model test. No chunks, no
// versions, no log; every question is answered by walking over everything.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postern::session {

// Flags are bits; the order is that of kModelFlags.
inline constexpr const char* kModelFlags[] = {"\\Seen",  "\\Flagged", "\\Deleted",
                                              "\\Draft", "$Work",     "$Later"};
inline constexpr std::uint8_t kModelSeen = 1;
inline constexpr std::uint8_t kModelDeleted = 4;

struct ModelRow {
  std::uint32_t uid = 0;
  std::uint8_t flags = 0;
  std::uint64_t modseq = 0;
  friend bool operator==(const ModelRow&, const ModelRow&) = default;
};
using ModelRows = std::vector<ModelRow>;
using ModelUids = std::vector<std::uint32_t>;

inline const ModelRow* find_row(const ModelRows& rows, std::uint32_t uid) {
  const auto at =
      std::find_if(rows.begin(), rows.end(), [&](const ModelRow& row) { return row.uid == uid; });
  return at == rows.end() ? nullptr : &*at;
}

struct ModelMailbox {
  std::string name;
  ModelRows rows;
  std::uint32_t uid_next = 1;
  std::uint64_t modseq = 1;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> expunged;  // UID, MODSEQ

  // One change gives one MODSEQ to all it touches.
  ModelUids add(const std::vector<std::uint8_t>& flags) {
    ModelUids uids;
    if (flags.empty()) return uids;
    ++modseq;
    for (const std::uint8_t f : flags) {
      uids.push_back(uid_next);
      rows.push_back({uid_next++, f, modseq});
    }
    return uids;
  }
  [[nodiscard]] static std::uint8_t apply(std::uint8_t before, char sign, std::uint8_t flags) {
    if (sign == '+') return static_cast<std::uint8_t>(before | flags);
    if (sign == '-') return static_cast<std::uint8_t>(before & ~flags);
    return flags;
  }
  struct Stored {
    ModelUids modified, failed;
  };
  Stored store(const ModelUids& uids, char sign, std::uint8_t flags,
               std::optional<std::uint64_t> unchanged_since) {
    Stored result;
    bool changes = false;
    for (ModelRow& row : rows) {
      if (std::find(uids.begin(), uids.end(), row.uid) == uids.end()) continue;
      if (unchanged_since && row.modseq > *unchanged_since) {
        result.failed.push_back(row.uid);
        continue;
      }
      result.modified.push_back(row.uid);
      if (apply(row.flags, sign, flags) == row.flags) continue;
      row.flags = apply(row.flags, sign, flags);
      row.modseq = modseq + 1;
      changes = true;
    }
    if (changes) ++modseq;
    return result;
  }
  // Of `uids` those that are there; all of them go.
  ModelRows take(const ModelUids& uids) {
    ModelRows gone;
    for (const std::uint32_t uid : uids) {
      if (const ModelRow* row = find_row(rows, uid)) gone.push_back(*row);
    }
    if (gone.empty()) return gone;
    ++modseq;
    for (const ModelRow& row : gone) {
      expunged.emplace_back(row.uid, modseq);
      std::erase(rows, row);
    }
    return gone;
  }
  ModelRows expunge(const std::optional<ModelUids>& only) {
    ModelUids marked;
    for (const ModelRow& row : rows) {
      if ((row.flags & kModelDeleted) == 0) continue;
      if (!only || std::find(only->begin(), only->end(), row.uid) != only->end())
        marked.push_back(row.uid);
    }
    return take(marked);
  }
  [[nodiscard]] std::uint32_t unseen() const {
    return static_cast<std::uint32_t>(
        std::count_if(rows.begin(), rows.end(),
                      [](const ModelRow& row) { return (row.flags & kModelSeen) == 0; }));
  }
};

// What the server must show a session now: RFC 9051 §5.5 and §7.5.1, by the book.
class ModelView {
 public:
  void open(const ModelMailbox& mailbox) {
    rows_ = mailbox.rows;
    uid_next_ = mailbox.uid_next;
  }
  // All of it, expunges too.
  void tell(const ModelMailbox& mailbox) { open(mailbox); }
  // All but the expunges: the rows keep their places.
  void hold(const ModelMailbox& mailbox) {
    for (ModelRow& row : rows_) {
      if (const ModelRow* now = find_row(mailbox.rows, row.uid)) row = *now;
    }
    for (const ModelRow& row : mailbox.rows) {
      if (row.uid >= uid_next_) rows_.push_back(row);
    }
    uid_next_ = mailbox.uid_next;
  }
  // Before a UID command: what arrived must be found.
  void arrivals(const ModelMailbox& mailbox) {
    if (mailbox.uid_next != uid_next_) hold(mailbox);
  }
  [[nodiscard]] const ModelRows& rows() const { return rows_; }
  [[nodiscard]] std::uint32_t uid_next() const { return uid_next_; }
  [[nodiscard]] bool holds(const ModelMailbox& mailbox) const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const ModelRow& row) {
      return find_row(mailbox.rows, row.uid) == nullptr;
    });
  }

 private:
  ModelRows rows_;
  std::uint32_t uid_next_ = 1;
};

}  // namespace postern::session
