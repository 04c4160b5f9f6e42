#include "delivery/service.h"

#include "base/metrics.h"
#include "delivery/connection.h"

namespace postern::delivery {
namespace {

Gauge open_connections("postern_lmtp_connections", "LMTP connections open now.");

}  // namespace

Service::Service(mailstore::MailStore& store, auth::Directory& directory, Clock& clock,
                 Random& random, ThreadPool& pool, Settings settings)
    : store_(store),
      directory_(directory),
      clock_(clock),
      random_(random),
      pool_(pool),
      settings_(std::move(settings)) {}

task<void> Service::serve(std::unique_ptr<Transport> transport, Signal& stop) {
  open_connections.add(1);
  Connection connection(*this, *transport, stop);
  co_await connection.run();
  open_connections.add(-1);
}

}  // namespace postern::delivery
