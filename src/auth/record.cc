#include "auth/record.h"

#include "base/codec.h"

namespace postern::auth {
namespace {
constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kWithoutCounts = 1;  // a quota of octets only
constexpr std::uint8_t kDisabledFlag = 1;
}  // namespace

std::string record_key(AccountId id) {
  ByteWriter key;
  key.u8(static_cast<std::uint8_t>(kRecordPrefix));
  key.u64(id.value());
  return key.take();
}

std::string encode_record(const AccountRecord& record) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(record.id.value());
  out.string(record.address);
  out.varint(record.aliases.size());
  for (const std::string& alias : record.aliases) out.string(alias);
  out.varint(record.quota);
  out.u8(record.disabled ? kDisabledFlag : 0);
  out.svarint(record.created);
  out.string(record.password_hash);
  out.varint(record.epoch);
  out.varint(record.quota_messages);
  out.varint(record.quota_mailboxes);
  return out.take();
}

Result<AccountRecord> decode_record(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  if (version != kVersion && version != kWithoutCounts)
    return fail(Errc::kCorrupt, "directory record of an unknown version");
  AccountRecord record;
  record.id = AccountId(in.varint());
  record.address = in.string();
  const std::uint64_t aliases = in.varint();
  for (std::uint64_t i = 0; i < aliases && in.ok(); ++i) record.aliases.emplace_back(in.string());
  record.quota = in.varint();
  const std::uint8_t flags = in.u8();
  record.disabled = (flags & kDisabledFlag) != 0;
  record.created = in.svarint();
  record.password_hash = in.string();
  record.epoch = in.varint();
  if (version != kWithoutCounts) {
    record.quota_messages = in.varint();
    record.quota_mailboxes = in.varint();
  }
  if (!in.ok() || !in.at_end() || (flags & ~kDisabledFlag) != 0) {
    return fail(Errc::kCorrupt, "directory record is damaged");
  }
  return record;
}

}  // namespace postern::auth
