// Rig: a mail store over the memory engine and any number of scripted clients, on one thread, with
// a clock that the test moves.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/executor.h"
#include "crypto/crypto.h"
#include "engine/memory/memory_engine.h"
#include "session/registry.h"
#include "session/session.h"
#include "session/testing/fake_clock.h"
#include "session/testing/pipe_transport.h"

namespace postern::session {

// Passwords in a map; no hashing.
class FakeAuthenticator final : public auth::Authenticator {
 public:
  task<auth::AuthVerdict> check(auth::AuthRequest request) override {
    if (busy) co_return auth::AuthVerdict{auth::AuthReason::kBusy, nullptr, false};
    const auto found = accounts.find(request.authcid);
    if (found == accounts.end() || found->second.first != request.password.view()) {
      co_return auth::AuthVerdict{auth::AuthReason::kWrongPassword, nullptr, false};
    }
    co_return auth::AuthVerdict{auth::AuthReason::kOk, found->second.second, false};
  }
  [[nodiscard]] Result<std::string> hash(const crypto::Secret&) const override {
    return fail(Errc::kCannot);
  }

  std::map<std::string, std::pair<std::string, auth::RecordPtr>, std::less<>> accounts;
  bool busy = false;
};

class Rig;

class Client {
 public:
  Client(Rig& rig, Services& services, ManualExecutor& executor);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends the bytes, lets everything run, returns what came.
  std::string raw(std::string_view bytes);
  // The same with CRLF after it.
  std::string ask(std::string_view line) { return raw(std::string(line) + "\r\n"); }
  // What came without being asked.
  std::string read() { return raw(""); }

  PipeTransport& transport() { return transport_; }
  [[nodiscard]] const Session& session() const { return *session_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  friend class Rig;
  Rig& rig_;
  PipeTransport transport_;
  std::unique_ptr<Session> session_;
  bool ended_ = false;
};

class Rig {
 public:
  Rig();
  ~Rig();

  // A connection that has read its greeting.
  std::unique_ptr<Client> connect();
  // One that has also logged in as `user` ("joe" and "ann" exist).
  std::unique_ptr<Client> login(std::string_view user = "joe");
  // One with `mailbox` selected.
  std::unique_ptr<Client> select(std::string_view mailbox = "INBOX", std::string_view enable = "");

  // Appends a message to joe's mailbox behind the clients' backs; returns its text.
  void deliver(std::string_view mailbox, std::string_view message);
  void deliver_many(std::string_view mailbox, std::size_t count);

  void run() { executor.run_ready(); }
  void advance(Duration by);

  ManualExecutor executor;
  FakeClock clock;
  std::unique_ptr<engine::MemoryEngine> engine;
  std::unique_ptr<mailstore::MailStore> store;
  std::unique_ptr<auth::Directory> directory;
  FakeAuthenticator authenticator;
  SessionRegistry registry{clock};
  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  std::unique_ptr<Services> services;
  std::vector<std::string> log;  // lines

 private:
  friend class Client;
  std::vector<Client*> clients_;
};

// A small well-formed message with `subject`.
std::string simple_message(std::string_view subject);

}  // namespace postern::session
