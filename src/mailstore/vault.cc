#include "mailstore/vault.h"

#include <algorithm>

#include "base/codec.h"
#include "mailstore/keys.h"

namespace postern::mailstore {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCheckSize = 16;
constexpr std::size_t kSumSize = 8;
constexpr std::size_t kLocatorClear = 1 + sizeof(engine::BlobId);

std::string account_octets(AccountId account) {
  ByteWriter out;
  out.u64(account.value());
  return out.take();
}

std::string_view view(const engine::BlobId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

// Tells a wrong master key from a damaged record; says nothing about the key itself.
std::string master_check(const crypto::Secret& master) {
  const crypto::Secret check = crypto::hkdf(master, "", "postern master key check 1");
  return std::string(check.view().substr(0, kCheckSize));
}

crypto::Secret wrapping_key(const crypto::Secret& master, AccountId account) {
  return crypto::hkdf(master, account_octets(account), "postern account key 1");
}

std::string checksum(std::string_view bytes) {
  const crypto::Digest digest = crypto::sha256(bytes);
  return {reinterpret_cast<const char*>(digest.data()), kSumSize};
}

std::string wrap_aad(AccountId account) {
  return account_octets(account) + keys::plain(keys::kAccountKey) + static_cast<char>(kVersion);
}

}  // namespace

Vault::Vault(AccountId account, crypto::Secret data_key, Random& random)
    : account_(account),
      data_key_(std::move(data_key)),
      meta_key_(crypto::hkdf(data_key_, "", "postern meta 1")),
      name_key_(crypto::hkdf(data_key_, "", "postern names 1")),
      random_(random) {}

std::string Vault::aad(std::string_view key) const {
  return account_octets(account_).append(key);
}

std::string Vault::seal(std::string_view key, std::string_view plain) const {
  return crypto::seal_value(meta_key_, random_, aad(key), plain);
}

Result<std::string> Vault::open(std::string_view key, std::string_view sealed) const {
  auto plain = crypto::open_value(meta_key_, aad(key), sealed);
  if (!plain) return fail(Errc::kCorrupt, "record " + keys::printable(key) + ": seal does not fit");
  return plain;
}

std::string Vault::seal_locator(std::string_view key, const BodyLocator& locator) const {
  std::string clear(1, static_cast<char>(kVersion));
  clear += view(locator.blob);
  ByteWriter plain;
  plain.varint(locator.size);
  return clear + crypto::seal_value(meta_key_, random_, aad(key) + clear, plain.str());
}

Result<BodyLocator> Vault::open_locator(std::string_view key, std::string_view value) const {
  BodyLocator locator;
  POSTERN_TRY(locator.blob, locator_blob(value));
  const std::string bound = aad(key).append(value.substr(0, kLocatorClear));
  const auto plain = crypto::open_value(meta_key_, bound, value.substr(kLocatorClear));
  if (!plain) return fail(Errc::kCorrupt, "record " + keys::printable(key) + ": seal does not fit");
  ByteReader in(*plain);
  locator.size = in.varint();
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "record " + keys::printable(key));
  return locator;
}

Result<engine::BlobId> locator_blob(std::string_view value) {
  if (value.size() < kLocatorClear || static_cast<std::uint8_t>(value[0]) != kVersion) {
    return fail(Errc::kCorrupt, "body locator");
  }
  engine::BlobId id{};
  std::copy_n(value.begin() + 1, id.size(), reinterpret_cast<char*>(id.data()));
  return id;
}

crypto::Secret Vault::blob_key(const engine::BlobId& blob) const {
  return crypto::hkdf(data_key_, view(blob), "postern body 1");
}

std::string Vault::name_tag(std::string_view name) const {
  const crypto::Digest digest = crypto::hmac_sha256(name_key_.view(), name);
  return {reinterpret_cast<const char*>(digest.data()), 16};
}

engine::BlobId Vault::new_blob_id() const {
  engine::BlobId id{};
  random_.fill(id);
  return id;
}

std::string wrap_key(const crypto::Secret& master, AccountId account, const crypto::Secret& key,
                     Random& random) {
  std::string record(1, static_cast<char>(kVersion));
  record += master_check(master);
  record +=
      crypto::seal_value(wrapping_key(master, account), random, wrap_aad(account), key.view());
  return record + checksum(record);
}

Result<crypto::Secret> unwrap_key(const crypto::Secret& master, AccountId account,
                                  std::string_view record) {
  if (record.size() < 1 + kCheckSize + kSumSize ||
      checksum(record.substr(0, record.size() - kSumSize)) !=
          record.substr(record.size() - kSumSize) ||
      static_cast<std::uint8_t>(record[0]) != kVersion) {
    return fail(Errc::kCorrupt, "record K: damaged or of an unknown version");
  }
  if (!crypto::equal_constant_time(record.substr(1, kCheckSize), master_check(master))) {
    return fail(Errc::kInvalid, "the master key is not the one this data was written with");
  }
  record.remove_prefix(1 + kCheckSize);
  record.remove_suffix(kSumSize);
  auto plain = crypto::open_value(wrapping_key(master, account), wrap_aad(account), record);
  if (!plain || plain->size() != crypto::kKeySize)
    return fail(Errc::kCorrupt, "record K: seal does not fit");
  crypto::Secret key(*plain);
  crypto::wipe(*plain);
  return key;
}

}  // namespace postern::mailstore
