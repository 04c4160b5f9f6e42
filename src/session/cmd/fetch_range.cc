#include "session/cmd/fetch_range.h"

#include <algorithm>

#include "base/log.h"

namespace postern::session {

using imap::SectionText;

OctetRange clip(OctetRange range, const std::optional<imap::Partial>& partial) {
  if (!partial) return range;
  const std::uint64_t begin = std::min(range.end, range.begin + partial->offset);
  return {begin, std::min(range.end, begin + partial->length)};
}

std::optional<OctetRange> find_range(const mime::MessageInfo& info, const imap::Section& section) {
  const auto index = mime::find_part(info, section.part);
  if (!index) return std::nullopt;
  const mime::PartInfo* part = &info.parts[*index];
  if (section.part.empty()) {
    switch (section.text) {
      case SectionText::kAll:
        return OctetRange{0, info.size};
      case SectionText::kText:
        return OctetRange{part->body_begin, info.size};
      default:
        return OctetRange{0, part->body_begin};
    }
  }
  switch (section.text) {
    case SectionText::kAll:
      return OctetRange{part->body_begin, part->body_end};
    case SectionText::kMime:
      return OctetRange{part->header_begin, part->body_begin};
    default:
      break;
  }
  // RFC 9051 §6.4.5.1: HEADER and TEXT of a part are those of the message it carries.
  if (!part->message || part->children.empty()) return std::nullopt;
  part = &info.parts[part->children.front()];
  if (section.text == SectionText::kText) return OctetRange{part->body_begin, part->body_end};
  return OctetRange{part->header_begin, part->body_begin};
}

void break_off(Context& context, const Error& error) {
  log_error("fetch_broken_off", {{"session", context.entry->number()},
                                 {"code", to_string(error.code)},
                                 {"detail", error.detail}});
  context.out.fail();
}

}  // namespace postern::session
