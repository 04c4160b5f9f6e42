#include "mailstore/folders.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "base/ascii.h"
#include "mime/decode.h"

namespace postern::mailstore {
namespace {

constexpr std::array<std::pair<SpecialUse, std::string_view>, 11> kAttributes{{
    {SpecialUse::kAll, "\\All"},
    {SpecialUse::kArchive, "\\Archive"},
    {SpecialUse::kDrafts, "\\Drafts"},
    {SpecialUse::kFlagged, "\\Flagged"},
    {SpecialUse::kJunk, "\\Junk"},
    {SpecialUse::kSent, "\\Sent"},
    {SpecialUse::kTrash, "\\Trash"},
    {SpecialUse::kImportant, "\\Important"},
    {SpecialUse::kMemos, "\\Memos"},
    {SpecialUse::kScheduled, "\\Scheduled"},
    {SpecialUse::kSnoozed, "\\Snoozed"},
}};

constexpr std::string_view kInbox = "INBOX";

// C0, DEL, C1, and the line and paragraph separators: RFC 5198 §2 keeps them out of names.
bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    const std::string_view rest = name.substr(i);
    if (byte == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0xa0) return true;
    if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) return true;
  }
  return false;
}

}  // namespace

std::string_view to_attribute(SpecialUse use) {
  for (const auto& [value, attribute] : kAttributes) {
    if (value == use) return attribute;
  }
  return "";
}

std::optional<SpecialUse> parse_special_use(std::string_view attribute) {
  for (const auto& [value, name] : kAttributes) {
    if (iequals(name, attribute)) return value;
  }
  return std::nullopt;
}

Folders::Folders(std::vector<Folder> sorted)
    : folders_(std::move(sorted)), order_(folders_.size()) {
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return folders_[a].name < folders_[b].name;
  });
  existing_.reserve(order_.size() + 1);
  existing_.push_back(0);
  for (const std::uint32_t index : order_) {
    const Folder& folder = folders_[index];
    existing_.push_back(existing_.back() + (folder.exists() ? 1 : 0));
    if (folder.exists()) by_id_.emplace(folder.id, index);
  }
}

const Folder* Folders::find(std::string_view canonical_name) const {
  const auto at = std::lower_bound(
      order_.begin(), order_.end(), canonical_name,
      [this](std::uint32_t index, std::string_view name) { return folders_[index].name < name; });
  if (at == order_.end() || folders_[*at].name != canonical_name) return nullptr;
  return &folders_[*at];
}

const Folder* Folders::find(MailboxId id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &folders_[at->second];
}

bool Folders::has_children(std::string_view name) const {
  // All names below "a" lie in ["a/", "a0"): '0' follows '/'.
  std::string bound(name);
  bound += kDelimiter;
  const auto less = [this](std::uint32_t index, const std::string& text) {
    return folders_[index].name < text;
  };
  const auto first = std::lower_bound(order_.begin(), order_.end(), bound, less);
  bound.back() = kDelimiter + 1;
  const auto last = std::lower_bound(first, order_.end(), bound, less);
  return existing_[static_cast<std::size_t>(first - order_.begin())] !=
         existing_[static_cast<std::size_t>(last - order_.begin())];
}

Result<std::string> canonical_name(std::string_view utf8) {
  if (utf8.size() > kMaxNameOctets) return fail(Errc::kLimit, "mailbox name too long");
  if (!mime::valid_utf8(utf8)) return fail(Errc::kInvalid, "mailbox name is not UTF-8");
  std::string name = mime::to_nfc(utf8);
  if (name.ends_with(kDelimiter)) name.pop_back();
  if (name.size() > kMaxNameOctets) return fail(Errc::kLimit, "mailbox name too long");
  if (name.empty()) return fail(Errc::kInvalid, "mailbox name is empty");
  if (has_control(name) || name.find_first_of("*%") != std::string::npos) {
    return fail(Errc::kInvalid, "mailbox name has a character that is not allowed");
  }
  std::size_t depth = 1;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != kDelimiter) continue;
    ++depth;
    if (i == 0 || i + 1 == name.size() || name[i + 1] == kDelimiter) {
      return fail(Errc::kInvalid, "mailbox name has an empty component");
    }
  }
  if (depth > kMaxDepth) return fail(Errc::kLimit, "mailbox name too deep");
  // RFC 9051 §5.1: INBOX is the same name in any case; so are the names below it.
  const std::string_view first = std::string_view(name).substr(0, name.find(kDelimiter));
  if (iequals(first, kInbox)) name.replace(0, kInbox.size(), kInbox);
  return name;
}

}  // namespace postern::mailstore
