#include "mailstore/records.h"

#include <algorithm>
#include <limits>

#include "base/codec.h"
#include "mailstore/log_record.h"

namespace postern::mailstore {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kCountersVersion = 2;  // 1 had a limit of bytes only

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(Errc::kCorrupt, std::string(what));
}

// All of `in` was read, and it began with the version this code writes.
bool complete(const ByteReader& in, std::uint8_t version) {
  return in.ok() && in.at_end() && version == kVersion;
}

}  // namespace

std::string encode_counters(const Counters& counters) {
  ByteWriter out;
  out.u8(kCountersVersion);
  out.varint(counters.next_mailbox);
  out.varint(counters.next_email);
  out.varint(counters.next_release);
  out.varint(counters.last_uid_validity);
  out.varint(counters.limit_bytes);
  out.varint(counters.used_bytes);
  out.varint(counters.used_messages);
  out.varint(counters.limit_messages);
  out.varint(counters.limit_mailboxes);
  return out.take();
}

Result<Counters> decode_counters(std::string_view bytes) {
  ByteReader in(bytes);
  Counters counters;
  const std::uint8_t version = in.u8();
  const std::uint64_t mailbox = in.varint();
  counters.next_email = in.varint();
  counters.next_release = in.varint();
  const std::uint64_t validity = in.varint();
  counters.limit_bytes = in.varint();
  counters.used_bytes = in.varint();
  counters.used_messages = in.varint();
  const bool old = version == kVersion;
  if (!old) {
    counters.limit_messages = in.varint();
    counters.limit_mailboxes = in.varint();
  }
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (!in.ok() || !in.at_end() || (!old && version != kCountersVersion) || mailbox == 0 ||
      mailbox > kMost || validity > kMost) {
    return corrupt("counters");
  }
  counters.next_mailbox = static_cast<std::uint32_t>(mailbox);
  counters.last_uid_validity = static_cast<std::uint32_t>(validity);
  return counters;
}

std::string encode_header(const Header& header) {
  ByteWriter out;
  out.u8(kVersion);
  out.u32(header.counts.exists);
  out.u32(header.counts.unseen);
  out.u32(header.counts.deleted);
  out.u64(header.counts.bytes);
  out.u32(header.counts.uid_next.value());
  out.u64(header.counts.highest_modseq.value());
  out.u64(header.folded.value());
  out.u64(header.vanished_floor.value());
  out.u32(header.log_records);
  out.u64(header.log_bytes);
  out.u32(header.recent.value());
  return out.take();
}

Result<Header> decode_header(std::string_view bytes) {
  ByteReader in(bytes);
  Header header;
  const std::uint8_t version = in.u8();
  header.counts.exists = in.u32();
  header.counts.unseen = in.u32();
  header.counts.deleted = in.u32();
  header.counts.bytes = in.u64();
  header.counts.uid_next = Uid(in.u32());
  header.counts.highest_modseq = ModSeq(in.u64());
  header.folded = ModSeq(in.u64());
  header.vanished_floor = ModSeq(in.u64());
  header.log_records = in.u32();
  header.log_bytes = in.u64();
  header.recent = Uid(in.u32());
  if (!complete(in, version) || !header.counts.uid_next.valid() ||
      !header.counts.highest_modseq.valid() || header.folded > header.counts.highest_modseq ||
      header.vanished_floor > header.counts.highest_modseq) {
    return corrupt("header");
  }
  return header;
}

std::string encode_mailbox(const MailboxRecord& record) {
  ByteWriter out;
  out.u8(kVersion);
  out.string(record.folder.name);
  out.varint(record.folder.uid_validity.value());
  out.u8(static_cast<std::uint8_t>(record.folder.special_use));
  out.u8(record.folder.subscribed ? 1 : 0);
  out.varint(record.keywords.size());
  for (const std::string& keyword : record.keywords) out.string(keyword);
  return out.take();
}

Result<MailboxRecord> decode_mailbox(std::string_view bytes) {
  ByteReader in(bytes);
  MailboxRecord record;
  const std::uint8_t version = in.u8();
  record.folder.name = in.string();
  record.folder.uid_validity = UidValidity(static_cast<std::uint32_t>(in.varint()));
  const std::uint8_t use = in.u8();
  record.folder.subscribed = in.u8() != 0;
  const std::uint64_t keywords = in.varint();
  if (!in.ok() || keywords > kMaxKeywords || use > static_cast<std::uint8_t>(kLastSpecialUse)) {
    return corrupt("mailbox record");
  }
  record.folder.special_use = static_cast<SpecialUse>(use);
  for (std::uint64_t i = 0; i < keywords; ++i) record.keywords.emplace_back(in.string());
  if (!complete(in, version) || !record.folder.uid_validity.valid() || record.folder.name.empty()) {
    return corrupt("mailbox record");
  }
  return record;
}

std::string encode_metadata(const MetadataRecord& record) {
  ByteWriter out;
  out.u8(kVersion);
  out.string(record.entry);
  out.string(record.value);
  return out.take();
}

Result<MetadataRecord> decode_metadata(std::string_view bytes) {
  ByteReader in(bytes);
  MetadataRecord record;
  const std::uint8_t version = in.u8();
  record.entry = in.string();
  record.value = in.string();
  if (!complete(in, version) || record.entry.empty()) return corrupt("metadata record");
  return record;
}

std::string encode_vanished(const std::vector<Vanished>& entries) {
  ByteWriter out;
  out.u8(kVersion);
  out.varint(entries.size());
  std::uint64_t modseq = 0;
  for (const Vanished& entry : entries) {
    out.varint(entry.modseq.value() - modseq);
    encode_uid_set(out, entry.uids);
    modseq = entry.modseq.value();
  }
  return out.take();
}

Result<std::vector<Vanished>> decode_vanished(std::string_view bytes) {
  ByteReader in(bytes);
  const std::uint8_t version = in.u8();
  const std::uint64_t count = in.varint();
  std::vector<Vanished> entries;
  std::uint64_t modseq = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    Vanished entry;
    modseq += in.varint();
    entry.modseq = ModSeq(modseq);
    POSTERN_TRY(entry.uids, decode_uid_set(in));
    entries.push_back(std::move(entry));
  }
  if (!complete(in, version)) return corrupt("vanished record");
  return entries;
}

std::string encode_release(const Release& release) {
  ByteWriter out;
  out.u8(kVersion);
  out.svarint(release.when);
  out.varint(release.mailbox.value());
  out.varint(release.emails.size());
  std::uint64_t last = 0;
  for (const EmailId email : release.emails) {
    out.svarint(static_cast<std::int64_t>(email.value() - last));
    last = email.value();
  }
  return out.take();
}

Result<Release> decode_release(std::string_view bytes) {
  ByteReader in(bytes);
  Release release;
  const std::uint8_t version = in.u8();
  release.when = in.svarint();
  const std::uint64_t mailbox = in.varint();
  const std::uint64_t count = in.varint();
  if (!in.ok() || mailbox > std::numeric_limits<std::uint32_t>::max() || count > in.remaining()) {
    return corrupt("release record");
  }
  release.mailbox = MailboxId(static_cast<std::uint32_t>(mailbox));
  release.emails.reserve(count);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    last += static_cast<std::uint64_t>(in.svarint());
    release.emails.emplace_back(last);
  }
  if (!complete(in, version)) return corrupt("release record");
  return release;
}

}  // namespace postern::mailstore
