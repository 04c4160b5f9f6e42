// Encryption: nothing planted is readable in what the engine holds, every changed byte is noticed,
// and a wrong master key is told apart from damage.
#include <gtest/gtest.h>

#include <set>

#include "engine/memory/memory_engine.h"
#include "mailstore/body.h"
#include "mailstore/testing/test_store.h"
#include "mailstore/vault.h"

namespace postern::mailstore {
namespace {

// Counts up: repeatable, never the same twice.
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(++state_ >> (state_ % 3));
  }

 private:
  std::uint32_t state_ = 0;
};

Vault test_vault(Random& random, std::uint64_t account = 1) {
  return {AccountId(account), crypto::Secret(std::string(32, 'd')), random};
}

TEST(Seal, PlantedMarkersAreNowhereInTheEngine) {
  TestStore store;
  const std::string marker = "planted-marker";
  ASSERT_TRUE(store.run(store.account().create("Planted-Marker/sub", SpecialUse::kNone)));
  ASSERT_TRUE(store.run(store.account().subscribe("Planted-Marker/sub", true)));
  ASSERT_TRUE(store.append(store.mailbox("Planted-Marker/sub"),
                           test_message(marker, marker + std::string(70'000, 'z')), kSeen,
                           {"planted-marker"}));
  ASSERT_TRUE(
      store.run(store.account().remove("Planted-Marker/sub")));  // now a subscribed absent name
  ASSERT_TRUE(
      store.append(store.mailbox("INBOX"), test_message(marker, "x"), 0, {"planted-marker"}));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(store.flags(store.mailbox("INBOX"), UidSet::of({1}),
                            i % 2 == 0 ? FlagMode::kAdd : FlagMode::kRemove, 0,
                            {"planted-marker"}));
  }
  std::set<char> kinds;
  std::string everything;
  for (const AccountId account : {AccountId(0), AccountId(1)}) {
    const auto items = store.run(store.engine().scan(account, std::string(1, '\0'), "", 0));
    for (const engine::Item& item : *items) {
      if (account == AccountId(1)) kinds.insert(item.key[0]);
      everything += item.key + item.value;
      if (item.key[0] != 'B') continue;
      const auto blob = locator_blob(item.value);
      ASSERT_TRUE(blob);
      everything += store.run(store.engine().read_blob(account, *blob, 0, 1 << 20)).value();
    }
  }
  EXPECT_EQ(kinds, (std::set<char>{'A', 'B', 'C', 'E', 'H', 'K', 'L', 'N', 'R', 'S'}));
  for (const std::string text : {"lanted", "arker", "example.org", "Subject", "INBOX", "zzzz"}) {
    EXPECT_EQ(everything.find(text), std::string::npos) << text;
  }
}

TEST(Seal, WrongMasterKeyIsRefusedBeforeAnythingIsWritten) {
  TestStore store;
  store.close();
  const auto before = store.run(store.engine().scan(AccountId(0), std::string(1, '\0'), "", 0));
  const auto wrong = store.run(MailStore::open(store.engine(), test_master('w'), store.clock(),
                                               crypto::system_random(), {}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::kInvalid);
  EXPECT_NE(wrong.error().detail.find("master key"), std::string::npos);
  const auto after = store.run(store.engine().scan(AccountId(0), std::string(1, '\0'), "", 0));
  ASSERT_EQ(before->size(), after->size());
  EXPECT_EQ(before->front().value, after->front().value);
  store.open();
  store.reopen_account();
}

TEST(Seal, SystemKeyStays) {
  TestStore store;
  const std::string key(store.store().system_key().view());
  EXPECT_EQ(key.size(), 32u);
  store.restart();
  EXPECT_EQ(store.store().system_key().view(), key);
}

TEST(Seal, DataWithoutItsSystemKeyIsNotTakenForANewStore) {
  TestStore store;
  store.close();
  const auto epoch = store.run(store.engine().acquire(AccountId(0)));
  engine::Batch batch;
  batch.deletes.push_back("K");
  store.engine().commit(AccountId(0), *epoch, std::move(batch), engine::Engine::Urgency::kNormal,
                        [](const Result<void>&) {});
  const auto opened = store.run(
      MailStore::open(store.engine(), test_master(), store.clock(), crypto::system_random(), {}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::kCorrupt);
}

TEST(Seal, WrappedKeysComeBackOrSayWhyNot) {
  CountingRandom random;
  const crypto::Secret key(std::string(32, 'k'));
  const std::string record = wrap_key(test_master(), AccountId(9), key, random);
  EXPECT_EQ(unwrap_key(test_master(), AccountId(9), record)->view(), key.view());
  EXPECT_EQ(unwrap_key(test_master('x'), AccountId(9), record).error().code, Errc::kInvalid);
  EXPECT_EQ(unwrap_key(test_master(), AccountId(8), record).error().code, Errc::kCorrupt);
  for (std::size_t i = 0; i < record.size(); ++i) {
    std::string damaged = record;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    EXPECT_EQ(unwrap_key(test_master(), AccountId(9), damaged).error().code, Errc::kCorrupt) << i;
    EXPECT_EQ(unwrap_key(test_master(), AccountId(9), record.substr(0, i)).error().code,
              Errc::kCorrupt)
        << i;
  }
}

TEST(Seal, ValuesAreBoundToAccountAndKey) {
  CountingRandom random;
  const Vault vault = test_vault(random), other = test_vault(random, 2);
  const std::string sealed = vault.seal("N0001", "value");
  EXPECT_EQ(*vault.open("N0001", sealed), "value");
  EXPECT_EQ(vault.open("N0002", sealed).error().code, Errc::kCorrupt);
  EXPECT_EQ(other.open("N0001", sealed).error().code, Errc::kCorrupt);
  EXPECT_NE(vault.seal("N0001", "value"), sealed);  // a fresh nonce each time

  const BodyLocator locator{vault.new_blob_id(), 1234};
  std::string stored = vault.seal_locator("B1", locator);
  EXPECT_EQ(vault.open_locator("B1", stored)->size, 1234u);
  EXPECT_EQ(vault.open_locator("B2", stored).error().code, Errc::kCorrupt);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string damaged = stored;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(vault.open_locator("B1", damaged)) << i;
    EXPECT_FALSE(vault.open_locator("B1", stored.substr(0, i))) << i;
  }
}

std::string seal_whole(const Vault& vault, const engine::BlobId& blob, std::string_view plain) {
  BodySealer sealer(vault, blob);
  std::string sealed = sealer.append(plain);
  return sealed + sealer.finish();
}

TEST(Seal, BodyBytesDoNotDependOnHowTheyArrive) {
  CountingRandom random;
  const Vault vault = test_vault(random);
  const engine::BlobId blob = vault.new_blob_id();
  const std::string plain(2 * kBodyChunk + 17, 'p');
  BodySealer pieces(vault, blob);
  std::string sealed;
  for (std::size_t at = 0; at < plain.size(); at += 4099)
    sealed += pieces.append(plain.substr(at, 4099));
  sealed += pieces.finish();
  EXPECT_EQ(sealed, seal_whole(vault, blob, plain));
  EXPECT_EQ(sealed.size(), 8 + plain.size() + 3 * 16);
}

// Nonce discipline: the same plaintext in two chunks, or in two bodies, gives unrelated ciphertext.
TEST(Seal, NoNonceSealsTwice) {
  CountingRandom random;
  const Vault vault = test_vault(random);
  const std::string plain(4 * kBodyChunk, 'p');
  std::set<std::string> chunks;
  for (int body = 0; body < 3; ++body) {
    const std::string sealed = seal_whole(vault, vault.new_blob_id(), plain);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_TRUE(chunks.insert(sealed.substr(8 + i * (kBodyChunk + 16), 64)).second);
    }
  }
}

TEST(Seal, EveryChangeOfABodyIsNoticed) {
  CountingRandom random;
  const Vault vault = test_vault(random);
  for (const std::size_t size : {1u, 100u, 65'536u, 65'537u, 131'072u}) {
    const BodyLocator locator{vault.new_blob_id(), size};
    const std::string plain(size, 'q');
    const std::string sealed = seal_whole(vault, locator.blob, plain);
    const BodyRange range = body_range(size, 0, size);
    const std::string_view wanted =
        std::string_view(sealed).substr(range.blob_offset, range.blob_length);
    EXPECT_EQ(range.blob_offset + range.blob_length, sealed.size());
    EXPECT_EQ(*open_body(vault, locator, range, wanted), plain);
    for (std::size_t i = 0; i < wanted.size(); i += 1 + wanted.size() / 50) {
      std::string damaged(wanted);
      damaged[i] = static_cast<char>(damaged[i] ^ 8);
      EXPECT_EQ(open_body(vault, locator, range, damaged).error().code, Errc::kCorrupt);
    }
    EXPECT_FALSE(open_body(vault, locator, range, wanted.substr(1)));
    // Another blob's bytes, and a body cut at a chunk border and passed off as whole.
    EXPECT_FALSE(open_body(vault, {vault.new_blob_id(), size}, range, wanted));
    if (size > kBodyChunk) {
      const BodyRange cut = body_range(kBodyChunk, 0, kBodyChunk);
      EXPECT_FALSE(open_body(vault, {locator.blob, kBodyChunk}, cut,
                             std::string_view(sealed).substr(cut.blob_offset, cut.blob_length)));
    }
  }
}

}  // namespace
}  // namespace postern::mailstore
