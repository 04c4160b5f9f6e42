// EnvelopeBuilder: ENVELOPE wire text (RFC 9051 §7.5.2) of one message header, collected field by
// field.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace postern::mime {

inline constexpr std::string_view kNilEnvelope = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

class EnvelopeBuilder {
 public:
  // Takes the field if it is one of ours. Of a repeated Date, Subject, In-Reply-To or Message-ID
  // the first counts. Repeated address fields count as one list: a reader must not see fewer
  // senders than there are.
  void add(std::string_view lower_name, std::string_view raw_value);
  [[nodiscard]] std::string build() const;

 private:
  // In the order of the wire text.
  enum AddressField { kFrom, kSender, kReplyTo, kTo, kCc, kBcc, kAddressFields };
  struct AddressList {
    std::string text;  // rendered entries without the outer parentheses
    std::size_t entries = 0;
  };

  void add_addresses(AddressField field, std::string_view raw_value);

  std::array<AddressList, kAddressFields> lists_;
  std::optional<std::string> date_, subject_, in_reply_to_, message_id_;
};

}  // namespace postern::mime
