#include "net/admission.h"

#include "base/metrics.h"

namespace postern::net {
namespace {

Gauge unauthenticated("postern_connections_unauthenticated",
                      "Connections that have not signed in.");
Counter closed_total("postern_connections_closed_total",
                     "Connections closed before login to make room, by bound.",
                     R"(reason="total")");
Counter closed_address("postern_connections_closed_total",
                       "Connections closed before login to make room, by bound.",
                       R"(reason="address")");

}  // namespace

AdmissionTable::AdmissionTable() : AdmissionTable(Limits{}) {}
AdmissionTable::AdmissionTable(Limits limits) : limits_(limits) {}

AdmissionTable::Entry AdmissionTable::take(std::map<Id, Entry>::iterator at) {
  Entry entry = std::move(at->second);
  const auto place = by_address_.find(entry.from);
  place->second.erase(at->first);
  if (place->second.empty()) by_address_.erase(place);
  waiting_.erase(at);
  unauthenticated.add(-1);
  return entry;
}

AdmissionTable::Id AdmissionTable::admit(const AddressKey& from, std::function<void()> close) {
  Entry victim{};
  Id id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto place = by_address_.find(from);
        place != by_address_.end() && place->second.size() >= limits_.per_address) {
      victim = take(waiting_.find(*place->second.begin()));
      closed_address.add();
    } else if (waiting_.size() >= limits_.total) {
      victim = take(waiting_.begin());
      closed_total.add();
    }
    id = next_++;
    waiting_.emplace(id, Entry{.from = from, .close = std::move(close)});
    by_address_[from].insert(id);
    unauthenticated.add(1);
  }
  if (victim.close) victim.close();
  return id;
}

void AdmissionTable::leave(Id id) {
  Entry gone{};  // destroyed outside the lock
  const std::lock_guard lock(mutex_);
  if (const auto at = waiting_.find(id); at != waiting_.end()) gone = take(at);
}

std::size_t AdmissionTable::size() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace postern::net
