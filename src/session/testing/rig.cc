#include "session/testing/rig.h"

#include <algorithm>
#include <stdexcept>

#include "base/log.h"

namespace postern::session {
namespace {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("rig: " + result.error().detail);
  return std::move(*result);
}
void must(Result<void> result) {
  if (!result) throw std::runtime_error("rig: " + result.error().detail);
}

}  // namespace

Client::Client(Rig& rig, Services& services, ManualExecutor& executor)
    : rig_(rig),
      transport_(executor, rig.clock),
      session_(std::make_unique<Session>(services, transport_)) {
  rig_.clients_.push_back(this);
  spawn(executor, session_->run(), [this](std::exception_ptr) { ended_ = true; });
}

Client::~Client() {
  transport_.abort();
  rig_.run();
  std::erase(rig_.clients_, this);
}

std::string Client::raw(std::string_view bytes) {
  if (!bytes.empty()) transport_.send(bytes);
  rig_.run();
  return transport_.take_output();
}

Rig::Rig() {
  set_log_sink([this](LogLevel, std::string_view line) { log.emplace_back(line); });
  engine = engine::MemoryEngine::create(engine::MemoryEngine::Delivery::kInline);
  store = must(run_blocking(
      executor, mailstore::MailStore::open(*engine, crypto::Secret::zeroed(crypto::kKeySize), clock,
                                           crypto::system_random(), {})));
  directory = must(run_blocking(executor, auth::Directory::open(*engine, store->system_key(), clock,
                                                                crypto::system_random())));
  std::uint64_t id = 1;
  for (const char* user : {"joe", "ann"}) {
    auth::AccountRecord record;
    record.id = AccountId(id++);
    record.address = user;
    record.epoch = 1;
    must(run_blocking(executor, store->create_account(record.id, 0)));
    auth::AccountRecord stored = record;
    stored.address += "@example.org";
    must(run_blocking(executor, directory->add(std::move(stored))));
    authenticator.accounts.emplace(
        user,
        std::pair(std::string("secret"), std::make_shared<const auth::AccountRecord>(record)));
  }
  settings->hostname = "mail.example.org";
  settings->version = "1.0";
  services = std::make_unique<Services>(
      Services{*store, *directory, authenticator, clock, registry, settings});
}

Rig::~Rig() {
  set_log_sink(nullptr);
}

std::unique_ptr<Client> Rig::connect() {
  auto client = std::make_unique<Client>(*this, *services, executor);
  static_cast<void>(client->read());
  return client;
}

std::unique_ptr<Client> Rig::login(std::string_view user) {
  auto client = connect();
  static_cast<void>(client->ask("l LOGIN " + std::string(user) + " secret"));
  return client;
}

std::unique_ptr<Client> Rig::select(std::string_view mailbox, std::string_view enable) {
  auto client = login();
  if (!enable.empty()) static_cast<void>(client->ask("e ENABLE " + std::string(enable)));
  static_cast<void>(client->ask("s SELECT " + std::string(mailbox)));
  return client;
}

void Rig::deliver(std::string_view mailbox, std::string_view message) {
  auto account = must(run_blocking(executor, store->open_account(AccountId(1))));
  const mailstore::FoldersPtr folders = account->folders();
  const mailstore::Folder* folder = folders->find(mailbox);
  if (folder == nullptr) throw std::runtime_error("rig: no such mailbox");
  auto writer = must(account->begin_message(message.size()));
  must(run_blocking(executor, writer->append(message)));
  std::vector<mailstore::NewMessage> messages;
  messages.push_back(
      {must(run_blocking(executor, writer->finish())), 0, {}, clock.unix_seconds(), 0});
  must(run_blocking(executor, account->append(folder->id, std::move(messages))));
}

void Rig::deliver_many(std::string_view mailbox, std::size_t count) {
  for (std::size_t i = 1; i <= count; ++i)
    deliver(mailbox, simple_message("number " + std::to_string(i)));
}

void Rig::advance(Duration by) {
  clock.advance(by);
  for (Client* client : clients_) client->transport().wake();
  run();
}

std::string simple_message(std::string_view subject) {
  return "From: Joe <joe@example.org>\r\nTo: ann@example.org\r\nSubject: " + std::string(subject) +
         "\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nX-Other: "
         "yes\r\n\r\nHello, world.\r\n";
}

}  // namespace postern::session
