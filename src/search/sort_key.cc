#include "search/sort_key.h"

#include <algorithm>

#include "mime/decode.h"
#include "mime/utf8.h"
#include "search/base_subject.h"
#include "search/envelope_fields.h"

namespace postern::search {
namespace {

using imap::SortKey;

// No more than `limit` octets, and no character cut in two.
void shorten(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
}

void append_number(std::string& key, std::int64_t value) {
  // Big-endian and shifted, so that negative numbers come first.
  const std::uint64_t bits = static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63);
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(bits >> shift & 0xFF);
}

// Ends with two zero octets, below all that another text could go on with.
void append_text(std::string& key, std::string_view text) {
  for (const char c : text) {
    key += c;
    if (c == '\0') key += '\xFF';
  }
  key.append(2, '\0');
}

std::string mailbox_of(const std::optional<FirstAddress>& address) {
  return address ? address->mailbox.value_or("") : std::string();
}

// RFC 5957 §3.
std::string display_of(const std::optional<FirstAddress>& address) {
  if (!address) return {};
  if (address->name) {
    std::string name = mime::decode_header(*address->name);
    if (!name.empty()) return name;
  }
  std::string text = address->mailbox.value_or("");
  if (address->mailbox && address->host) text += '@' + *address->host;
  return text;
}

std::string text_of(SortKey key, const EnvelopeFields& envelope) {
  switch (key) {
    case SortKey::kCc:
      return mailbox_of(envelope.cc);
    case SortKey::kFrom:
      return mailbox_of(envelope.from);
    case SortKey::kTo:
      return mailbox_of(envelope.to);
    case SortKey::kDisplayFrom:
      return display_of(envelope.from);
    case SortKey::kDisplayTo:
      return display_of(envelope.to);
    default:
      return base_subject(mime::decode_header(envelope.subject.value_or(""))).text;
  }
}

bool is_text(SortKey key) {
  return key != SortKey::kArrival && key != SortKey::kDate && key != SortKey::kSize &&
         key != SortKey::kRelevancy;
}

}  // namespace

std::string collation_key(std::string_view utf8) {
  std::string text(utf8);
  shorten(text, kMaxCollated);
  text = mime::unicode_casemap(text);
  shorten(text, kMaxCollated);
  return text;
}

std::int64_t sent_date(const mailstore::MessageRow& row, const mime::MessageInfo* info) {
  return info != nullptr && info->sent_unix ? *info->sent_unix : row.internal_date;
}

bool needs_record(const std::vector<imap::SortCriterion>& criteria) {
  return std::any_of(criteria.begin(), criteria.end(), [](const imap::SortCriterion& criterion) {
    return criterion.key == SortKey::kDate || is_text(criterion.key);
  });
}

std::string sort_key(const std::vector<imap::SortCriterion>& criteria,
                     const mailstore::MessageRow& row, const mime::MessageInfo* info,
                     std::uint8_t relevancy) {
  EnvelopeFields envelope;
  const bool texts = std::any_of(criteria.begin(), criteria.end(),
                                 [](const auto& criterion) { return is_text(criterion.key); });
  if (texts && info != nullptr) envelope = read_envelope(info->envelope);
  std::string key;
  for (const imap::SortCriterion& criterion : criteria) {
    const std::size_t from = key.size();
    switch (criterion.key) {
      case SortKey::kArrival:
        append_number(key, row.internal_date);
        break;
      case SortKey::kDate:
        append_number(key, sent_date(row, info));
        break;
      case SortKey::kSize:
        append_number(key, row.size);
        break;
      case SortKey::kRelevancy:
        // RFC 6203 §6: the highest score comes first.
        append_number(key, -std::int64_t{relevancy});
        break;
      default:
        append_text(key, collation_key(text_of(criterion.key, envelope)));
    }
    if (!criterion.reverse) continue;
    for (std::size_t i = from; i < key.size(); ++i) key[i] = static_cast<char>(~key[i]);
  }
  return key;
}

}  // namespace postern::search
