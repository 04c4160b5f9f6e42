#include "mailstore/keys.h"

#include "base/codec.h"

namespace postern::mailstore::keys {

std::string plain(char kind) {
  return std::string(1, kind);
}

std::string of_mailbox(char kind, MailboxId mailbox) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.u32(mailbox.value());
  return out.take();
}

std::string of_number(char kind, std::uint64_t number) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.u64(number);
  return out.take();
}

std::string of_modseq(char kind, MailboxId mailbox, ModSeq modseq) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kind));
  out.u32(mailbox.value());
  out.u64(modseq.value());
  return out.take();
}

std::string chunk(MailboxId mailbox, Uid first) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kChunk));
  out.u32(mailbox.value());
  out.u32(first.value());
  return out.take();
}

std::string subscription(std::string_view tag) {
  return plain(kSubscription).append(tag);
}

std::string metadata(MailboxId mailbox, std::string_view tag) {
  return of_mailbox(kMetadata, mailbox).append(tag);
}

Range all_of(char kind) {
  return {plain(kind), plain(static_cast<char>(kind + 1))};
}

Range all_of_mailbox(char kind, MailboxId mailbox) {
  // Ids stay far below the largest, so the next one exists (ids are counted up from 1).
  return {of_mailbox(kind, mailbox), of_mailbox(kind, MailboxId(mailbox.value() + 1))};
}

Range everything() {
  return {std::string(1, '\0'), std::string(1, '\xff')};
}

std::uint64_t tail_number(std::string_view key, std::size_t from) {
  std::uint64_t value = 0;
  for (std::size_t i = from; i < key.size(); ++i) {
    value = value << 8 | static_cast<unsigned char>(key[i]);
  }
  return value;
}

MailboxId mailbox_of(std::string_view key) {
  return MailboxId(static_cast<std::uint32_t>(tail_number(key.substr(0, 5), 1)));
}
ModSeq modseq_of(std::string_view key) {
  return ModSeq(tail_number(key, 5));
}
EmailId email_of(std::string_view key) {
  return EmailId(tail_number(key, 1));
}

std::string printable(std::string_view key) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    if (i == 0 && byte > 0x20 && byte < 0x7f) {
      text += key[i];
      continue;
    }
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

}  // namespace postern::mailstore::keys
