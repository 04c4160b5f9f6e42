// Strong ids: every number that means something has a type of its own, and no two mix by accident.
//
// Construction from a raw number is explicit. Ranges follow the RFCs: uid, seq-number and
// uidvalidity are nz-number (RFC 9051 §9), mod-sequence is 63 bits (RFC 7162 §7). A parser checks
// the range; `valid()` says whether a value lies in it.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace postern {

template <class Tag, class Rep, Rep kMin, Rep kMax>
class StrongId {
 public:
  using Raw = Rep;
  static constexpr Rep kMinValue = kMin;
  static constexpr Rep kMaxValue = kMax;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr bool valid() const { return value_ >= kMin && value_ <= kMax; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_ = 0;
};

using Uid = StrongId<struct UidTag, std::uint32_t, 1, UINT32_MAX>;
using SeqNum = StrongId<struct SeqNumTag, std::uint32_t, 1, UINT32_MAX>;
using UidValidity = StrongId<struct UidValidityTag, std::uint32_t, 1, UINT32_MAX>;
using ModSeq = StrongId<struct ModSeqTag, std::uint64_t, 1, INT64_MAX>;
using AccountId = StrongId<struct AccountIdTag, std::uint64_t, 0, UINT64_MAX>;
using MailboxId = StrongId<struct MailboxIdTag, std::uint32_t, 1, UINT32_MAX>;
// One immutable message of an account; COPY shares it, so several rows may name it.
using EmailId = StrongId<struct EmailIdTag, std::uint64_t, 1, UINT64_MAX>;
// Ownership of an account by one writer. A commit under an older epoch is refused.
using Epoch = StrongId<struct EpochTag, std::uint64_t, 1, UINT64_MAX>;

}  // namespace postern

template <class Tag, class Rep, Rep kMin, Rep kMax>
struct std::hash<postern::StrongId<Tag, Rep, kMin, kMax>> {
  std::size_t operator()(postern::StrongId<Tag, Rep, kMin, kMax> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
