// One LMTP connection: reads, asks the machine, acts. A single recipient's message streams straight
// into the store; one for several recipients goes through a spool, then to each in turn.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/directory.h"
#include "base/transport.h"
#include "delivery/header_filter.h"
#include "delivery/service.h"
#include "delivery/spool.h"
#include "lmtp/machine.h"

namespace postern::delivery {

class Connection {
 public:
  // All references outlive the connection.
  Connection(Service& service, Transport& transport, Signal& stop);
  task<void> run();

 private:
  struct Target {
    auth::RecordPtr account;
    std::string address;  // as accepted, with +detail
  };

  task<Result<void>> flush();
  task<Result<void>> act(lmtp::Machine::Action action);
  [[nodiscard]] std::string decide_recipient();
  task<void> begin();
  task<void> receive(std::string_view octets);
  task<void> deliver();
  task<std::string> deliver_spooled(const Target& target);
  task<Result<void>> open(const Target& target);  // account_ and writer_, with the prepended header
  task<std::string> store();                      // writer_ into INBOX: the reply
  void drop();
  [[nodiscard]] TimePoint deadline() const;

  Service& service_;
  Transport& transport_;
  Signal& stop_;
  lmtp::Machine machine_;
  std::vector<Target> targets_;  // in the order of the machine's recipients
  std::string id_;
  HeaderFilter filter_;
  std::uint64_t size_ = 0;
  std::shared_ptr<mailstore::Account> account_;
  std::unique_ptr<mailstore::MessageWriter> writer_;
  std::unique_ptr<Spool> spool_;
  std::optional<Error>
      failed_;  // the first error while receiving: the answer after the end of the data
};

}  // namespace postern::delivery
