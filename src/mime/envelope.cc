#include "mime/envelope.h"

#include "base/quote.h"
#include "mime/address.h"
#include "mime/fields.h"
#include "mime/limits.h"

namespace postern::mime {
namespace {

void append_address(std::string& out, const Address& address) {
  out += '(';
  append_nstring(out, address.name);
  out += ' ';
  append_nstring(out, address.adl);
  out += ' ';
  append_nstring(out, address.mailbox);
  out += ' ';
  append_nstring(out, address.host);
  out += ')';
}

}  // namespace

void EnvelopeBuilder::add(std::string_view lower_name, std::string_view raw_value) {
  if (lower_name == "from") return add_addresses(kFrom, raw_value);
  if (lower_name == "sender") return add_addresses(kSender, raw_value);
  if (lower_name == "reply-to") return add_addresses(kReplyTo, raw_value);
  if (lower_name == "to") return add_addresses(kTo, raw_value);
  if (lower_name == "cc") return add_addresses(kCc, raw_value);
  if (lower_name == "bcc") return add_addresses(kBcc, raw_value);
  std::optional<std::string>* slot = lower_name == "date"          ? &date_
                                     : lower_name == "subject"     ? &subject_
                                     : lower_name == "in-reply-to" ? &in_reply_to_
                                     : lower_name == "message-id"  ? &message_id_
                                                                   : nullptr;
  if (slot == nullptr || slot->has_value()) return;
  *slot = slot == &subject_ ? unfold_text(raw_value) : unfold(raw_value);
}

void EnvelopeBuilder::add_addresses(AddressField field, std::string_view raw_value) {
  AddressList& list = lists_[field];
  if (list.entries >= kMaxAddresses) return;
  for (const Address& address :
       parse_addresses(unfold_text(raw_value), kMaxAddresses - list.entries)) {
    append_address(list.text, address);
    ++list.entries;
  }
}

std::string EnvelopeBuilder::build() const {
  std::string out = "(";
  append_nstring(out, date_);
  out += ' ';
  append_nstring(out, subject_);
  for (const AddressList& list : lists_) {
    // RFC 9051 §7.5.2: an absent or empty Sender or Reply-To is given as From.
    const bool from_instead = &list == &lists_[kSender] || &list == &lists_[kReplyTo];
    const AddressList& shown = list.entries == 0 && from_instead ? lists_[kFrom] : list;
    out += ' ';
    if (shown.entries == 0) {
      out += "NIL";
    } else {
      out += '(';
      out += shown.text;
      out += ')';
    }
  }
  out += ' ';
  append_nstring(out, in_reply_to_);
  out += ' ';
  append_nstring(out, message_id_);
  out += ')';
  return out;
}

}  // namespace postern::mime
