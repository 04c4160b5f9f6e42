// AdmissionTable: how many connections may wait before login, in all and from one place.
//
// A stranger can open connections faster than anybody can sign in; what is bounded here is what he
// can hold. Past a bound the oldest such connection is closed, so that a new client always gets its
// turn (threat-model M14). Counted until the session says that it has signed in. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "net/address.h"

namespace postern::net {

class AdmissionTable {
 public:
  // limits-and-invariants.md, "connections before login".
  struct Limits {
    std::size_t total = 10'000;
    std::size_t per_address = 200;
  };
  using Id = std::uint64_t;

  AdmissionTable();
  explicit AdmissionTable(Limits limits);

  // Enters a connection. When a bound is passed the oldest one is taken out and its `close` called,
  // once, on this thread and outside the lock. `close` may be called on any thread.
  [[nodiscard]] Id admit(const AddressKey& from, std::function<void()> close);
  // The connection signed in or ended. An id that is not there any more is ignored.
  void leave(Id id);

  [[nodiscard]] std::size_t size() const;

 private:
  struct Entry {
    AddressKey from;
    std::function<void()> close;
  };
  Entry take(std::map<Id, Entry>::iterator at);  // under mutex_

  const Limits limits_;
  mutable std::mutex mutex_;
  // Ids grow, so the oldest is the first. Ordered maps: nothing a stranger can make collide.
  std::map<Id, Entry> waiting_;
  std::map<AddressKey, std::set<Id>> by_address_;
  Id next_ = 1;
};

}  // namespace postern::net
