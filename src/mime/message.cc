#include "mime/message.h"

#include <algorithm>
#include <array>

namespace postern::mime {
namespace {

// What mail apps list messages from, over all of the clients we looked at. Sorted.
constexpr auto kHotFields = std::to_array<std::string_view>({
    "bcc",        "cc",          "content-type", "date",      "delivered-to",      "from",
    "importance", "in-reply-to", "list-id",      "list-post", "list-unsubscribe",  "message-id",
    "newsgroups", "priority",    "references",   "reply-to",  "resent-message-id", "return-path",
    "sender",     "subject",     "to",           "x-mailer",  "x-priority",
});
static_assert(std::is_sorted(kHotFields.begin(), kHotFields.end()));

}  // namespace

bool is_hot_field(std::string_view lower_name) {
  return std::binary_search(kHotFields.begin(), kHotFields.end(), lower_name);
}

std::optional<std::uint32_t> find_part(const MessageInfo& info,
                                       const std::vector<std::uint32_t>& path) {
  std::uint32_t at = 0;
  // At a message (parts[0], or message/rfc822 seen from outside) a number counts its body's parts;
  // a body that is no multipart is number 1 itself.
  bool at_message = true;
  for (const std::uint32_t number : path) {
    if (number == 0) return std::nullopt;
    const PartInfo* part = &info.parts[at];
    if (!at_message && part->message) {
      at = part->children.front();
      part = &info.parts[at];
      at_message = true;
    }
    if (part->multipart) {
      if (number > part->children.size()) return std::nullopt;
      at = part->children[number - 1];
    } else if (!at_message || number != 1) {
      return std::nullopt;
    }
    at_message = false;
  }
  return at;
}

}  // namespace postern::mime
