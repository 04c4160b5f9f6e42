// Many threads on one account over the memory engine's own thread; run under TSan.
#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <random>
#include <thread>

#include "engine/memory/memory_engine.h"
#include "mailstore/testing/test_store.h"

namespace postern::mailstore {
namespace {

UidSet all() {
  return UidSet::range(1, UINT32_MAX);
}

// What each thread has: its own executor, the shared account.
class Client {
 public:
  explicit Client(std::shared_ptr<Account> account) : account_(std::move(account)) {}
  template <class T>
  T run(task<T> work) {
    return run_blocking(executor_, std::move(work));
  }
  Account& account() { return *account_; }
  Result<AppendResult> append(MailboxId mailbox, std::string text) {
    auto body = [](Account& account, MailboxId to,
                   std::string bytes) -> task<Result<AppendResult>> {
      POSTERN_CO_TRY(auto writer, account.begin_message(bytes.size()));
      POSTERN_CO_CHECK_OK(co_await writer->append(bytes));
      POSTERN_CO_TRY(StagedMessage staged, co_await writer->finish());
      std::vector<NewMessage> messages;
      messages.push_back({.staged = std::move(staged)});
      co_return co_await account.append(to, std::move(messages));
    };
    return run(body(*account_, mailbox, std::move(text)));
  }

 private:
  ManualExecutor executor_;
  std::shared_ptr<Account> account_;  // shared by all threads
};

template <class Body>
void in_threads(int count, Body body) {
  std::latch start(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      body(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Concurrency, AddedFlagsAreNeverLost) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  const MailboxId inbox = store.mailbox("INBOX");
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(store.append(inbox, test_message("m", "x")));
  constexpr int kThreads = 8, kRounds = 20;
  in_threads(kThreads, [&](int thread) {
    Client client(store.account_ptr());
    for (int i = 0; i < kRounds; ++i) {
      const std::string keyword = "t" + std::to_string(thread) + "-" + std::to_string(i);
      const auto result = client.run(
          client.account().store(inbox, all(), {FlagMode::kAdd, 0, {keyword}}, std::nullopt));
      ASSERT_TRUE(result);
      EXPECT_EQ(result->modified, UidSet::range(1, 8));
      // Acknowledged means visible: the published version is not older than the result.
      EXPECT_GE(client.run(client.account().version(inbox)).value()->counts().highest_modseq,
                result->modseq);
    }
  });
  store.restart();
  const VersionPtr version = store.version(inbox);
  EXPECT_EQ(version->keywords().size(), std::size_t{kThreads * kRounds});
  version->visit_all([&](const MailboxVersion::MessageRef& message) {
    EXPECT_EQ(message.flags().keywords.count(), std::size_t{kThreads * kRounds});
    return true;
  });
}

TEST(Concurrency, QuotaIsNeverPassed) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  const MailboxId inbox = store.mailbox("INBOX");
  const std::string text = test_message("m", std::string(100, 'x'));
  ASSERT_TRUE(store.run(store.account().set_quota(text.size() * 10)));
  std::atomic<int> accepted{0}, refused{0};
  in_threads(10, [&](int) {
    Client client(store.account_ptr());
    for (int i = 0; i < 5; ++i) {
      const auto result = client.append(inbox, text);
      if (!result) EXPECT_EQ(result.error().code, Errc::kOverQuota);
      (result ? accepted : refused) += 1;
    }
  });
  EXPECT_EQ(accepted, 10);
  EXPECT_EQ(refused, 40);
  store.restart();
  EXPECT_EQ(store.account().usage().bytes, text.size() * 10);
  EXPECT_EQ(store.version(inbox)->exists(), 10u);
}

// A reader that follows the mailbox by differences must arrive at the truth, and must never see a
// UID appear below one it has seen (I3, I12).
void follow(Client& client, MailboxId mailbox, const std::atomic<bool>& stop) {
  VersionPtr shown = client.run(client.account().version(mailbox)).value();
  for (bool last = false; !last;) {
    last = stop;
    const VersionPtr next = client.run(client.account().version(mailbox)).value();
    ASSERT_GE(next->counts().highest_modseq, shown->counts().highest_modseq);
    ASSERT_GE(next->counts().uid_next, shown->counts().uid_next);
    const Delta delta = difference(*shown, *next);
    const UidSet fresh = next->all_uids().subtract(shown->all_uids());
    if (!fresh.empty()) ASSERT_GE(fresh.min(), shown->counts().uid_next);
    ASSERT_EQ(shown->all_uids().subtract(delta.vanished).unite(fresh), next->all_uids());
    const UidSet gone =
        client.account().vanished_since(mailbox, shown->counts().highest_modseq, next);
    ASSERT_EQ(delta.vanished.subtract(gone), UidSet());
    ASSERT_EQ(gone.intersect(next->all_uids()), UidSet());
    shown = next;
    std::this_thread::yield();
  }
}

TEST(Concurrency, MixedLoadKeepsTheInvariants) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  store.options().release_grace_seconds = 0;
  store.restart();
  const MailboxId inbox = store.mailbox("INBOX"), archive = store.mailbox("Archive");
  std::atomic<bool> stop{false};
  std::atomic<std::uint32_t> appended{0}, expunged{0};
  std::vector<std::thread> readers;
  for (const MailboxId mailbox : {inbox, archive}) {
    readers.emplace_back([&, mailbox] {
      Client client(store.account_ptr());
      follow(client, mailbox, stop);
    });
  }
  // The one who sweeps and folds.
  readers.emplace_back([&] {
    ManualExecutor executor;
    while (!stop) {
      EXPECT_TRUE(run_blocking(executor, store.store().maintain()));
      std::this_thread::yield();
    }
  });
  in_threads(6, [&](int thread) {
    Client client(store.account_ptr());
    std::mt19937 random(static_cast<std::uint32_t>(thread));
    for (int i = 0; i < 60; ++i) {
      const MailboxId here = random() % 2 == 0 ? inbox : archive;
      const MailboxId there = here == inbox ? archive : inbox;
      switch (random() % 6) {
        case 0:
        case 1:
          ASSERT_TRUE(client.append(here, test_message(std::to_string(thread), std::to_string(i))));
          ++appended;
          break;
        case 2:
          ASSERT_TRUE(client.run(client.account().store(
              here, UidSet::range(1, static_cast<std::uint32_t>(random() % 50)),
              {random() % 2 == 0 ? FlagMode::kAdd : FlagMode::kRemove,
               random() % 4 == 0 ? kDeleted : kSeen,
               {}},
              std::nullopt)));
          break;
        case 3: {
          const auto uid = static_cast<std::uint32_t>(1 + random() % 60);
          ASSERT_TRUE(client.run(client.account().move(here, UidSet::of({uid}), there)));
          break;
        }
        case 4: {
          const auto copied = client.run(client.account().copy(
              here, UidSet::of({static_cast<std::uint32_t>(1 + random() % 60)}), there));
          ASSERT_TRUE(copied);
          appended += static_cast<std::uint32_t>(copied->to.count());
          break;
        }
        default: {
          const auto gone = client.run(client.account().expunge(here, std::nullopt));
          ASSERT_TRUE(gone);
          expunged += static_cast<std::uint32_t>(gone->uids.count());
          break;
        }
      }
    }
  });
  stop = true;
  for (std::thread& thread : readers) thread.join();
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    std::uint64_t bytes = 0, messages = 0;
    for (const MailboxId mailbox : {inbox, archive}) {
      const VersionPtr version = store.version(mailbox);
      version->visit_all([&](const MailboxVersion::MessageRef& message) {
        bytes += message.row->size;
        ++messages;
        EXPECT_EQ(store.body(message.row->email).size(),
                  message.row->size);  // none was swept that lives
        return true;
      });
    }
    EXPECT_EQ(messages, appended - expunged);
    EXPECT_EQ(store.account().usage().messages, messages);
    EXPECT_EQ(store.account().usage().bytes, bytes);
  }
}

TEST(Concurrency, NamesAreOneTransactionEach) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  std::atomic<int> created{0};
  in_threads(6, [&](int thread) {
    Client client(store.account_ptr());
    std::mt19937 random(static_cast<std::uint32_t>(thread) + 100);
    for (int i = 0; i < 30; ++i) {
      const std::string name = "n" + std::to_string(random() % 5);
      switch (random() % 4) {
        case 0:
        case 1:
          created += client.run(client.account().create(name, SpecialUse::kNone)) ? 1 : 0;
          break;
        case 2:
          created -= client.run(client.account().remove(name)) ? 1 : 0;
          break;
        default:
          (void)client.run(client.account().rename(name, "n" + std::to_string(random() % 5)));
          break;
      }
    }
  });
  for (const bool restarted : {false, true}) {
    if (restarted) store.restart();
    int found = 0;
    std::map<std::uint32_t, int> validities;
    for (const Folder& folder : store.account().folders()->all()) {
      found += folder.name.starts_with("n") ? 1 : 0;
      EXPECT_EQ(++validities[folder.uid_validity.value()], 1);
    }
    EXPECT_EQ(found, created);
  }
}

TEST(Concurrency, AccountsAreOpenedOnceAndEvicted) {
  TestStore store(engine::MemoryEngine::Delivery::kThread);
  store.options().loaded_accounts = 3;
  store.restart();
  for (std::uint64_t id = 2; id <= 8; ++id)
    ASSERT_TRUE(store.run(store.store().create_account(AccountId(id), 0)));
  in_threads(6, [&](int thread) {
    ManualExecutor executor;
    std::mt19937 random(static_cast<std::uint32_t>(thread));
    for (int i = 0; i < 60; ++i) {
      const auto account =
          run_blocking(executor, store.store().open_account(AccountId(1 + random() % 8)));
      ASSERT_TRUE(account) << account.error().detail;
      ASSERT_TRUE(run_blocking(executor, (*account)->subscribe("Sent", random() % 2 == 0)));
    }
  });
}

}  // namespace
}  // namespace postern::mailstore
