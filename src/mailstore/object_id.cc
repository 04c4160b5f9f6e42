#include "mailstore/object_id.h"

#include <array>
#include <charconv>

#include "base/ascii.h"
#include "crypto/crypto.h"
#include "mime/fields.h"

namespace postern::mailstore {
namespace {

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16);
  out.append(digits.data(), end);
}

std::string object_id(char kind, AccountId account, std::uint64_t number) {
  std::string id(1, kind);
  append_hex(id, account.value());
  id += '-';
  append_hex(id, number);
  return id;
}

// The first msg-id (RFC 5322 §3.6.4) of a field, with neither its brackets nor white space: folding
// may fall into it. Empty when there is none.
std::string first_message_id(std::string_view value) {
  const std::size_t open = value.find('<');
  if (open == std::string_view::npos) return {};
  const std::size_t close = value.find('>', open);
  if (close == std::string_view::npos) return {};
  std::string id;
  for (const char c : value.substr(open + 1, close - open - 1)) {
    if (static_cast<unsigned char>(c) > ' ') id += c;
  }
  return id;
}

// The stored fields only: they are the same whenever they are asked.
std::string thread_root(const mime::MessageInfo& info) {
  std::string parent, own;
  mime::FieldReader reader(info.hot_header);
  while (const auto field = reader.next()) {
    if (iequals(field->name, "References")) {
      std::string root = first_message_id(field->value);
      if (!root.empty()) return root;
    } else if (parent.empty() && iequals(field->name, "In-Reply-To")) {
      parent = first_message_id(field->value);
    } else if (own.empty() && iequals(field->name, "Message-ID")) {
      own = first_message_id(field->value);
    }
  }
  return parent.empty() ? own : parent;
}

}  // namespace

std::string mailbox_object_id(AccountId account, MailboxId mailbox) {
  return object_id('f', account, mailbox.value());
}

std::string email_object_id(AccountId account, EmailId email) {
  return object_id('m', account, email.value());
}

std::optional<EmailId> parse_email_object_id(AccountId account, std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(dash + 1);
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || number == 0) return std::nullopt;
  // RFC 8474 §7: object ids are compared octet by octet, so there is one spelling.
  if (email_object_id(account, EmailId(number)) != text) return std::nullopt;
  return EmailId(number);
}

std::string thread_object_id(AccountId account, EmailId email, const mime::MessageInfo& info) {
  const std::string root = thread_root(info);
  if (root.empty()) return object_id('s', account, email.value());
  std::string seed;
  append_hex(seed, account.value());
  seed += ' ';
  seed += root;
  const crypto::Digest digest = crypto::sha256(seed);
  // RFC 8474 §11: collision-resistant, at 160 bits.
  constexpr std::size_t kOctets = 20;
  return "t" +
         crypto::to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), kOctets));
}

}  // namespace postern::mailstore
