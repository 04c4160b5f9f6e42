// A transport in memory: the test is the client. One thread, one ManualExecutor.
#pragma once

#include <coroutine>
#include <string>
#include <string_view>
#include <utility>

#include "base/executor.h"
#include "base/transport.h"

namespace postern::session {

class PipeTransport final : public Transport {
 public:
  PipeTransport(ManualExecutor& executor, Clock& clock) : executor_(executor), clock_(clock) {
    peer_.address = "192.0.2.1";
    peer_.tls_version = "TLSv1.3";
  }

  // -- the client's side
  void send(std::string_view bytes) {
    input_ += bytes;
    wake();
  }
  void hang_up() {
    ended_ = true;
    wake();
  }
  // The last bytes and the end at once.
  void hang_up_after(std::string_view bytes) {
    input_ += bytes;
    hang_up();
  }
  // From now on the peer reads nothing (or reads again).
  void stall(bool stalled) {
    stalled_ = stalled;
    wake();
  }
  // The most that one read hands over.
  void set_read_size(std::size_t size) { read_size_ = size; }
  // Looks at the clock again.
  void wake() {
    if (waiter_) executor_.post([h = std::exchange(waiter_, {})] { h.resume(); });
  }
  [[nodiscard]] std::string take_output() { return std::exchange(output_, {}); }
  [[nodiscard]] bool closed() const { return closed_ || aborted_; }
  [[nodiscard]] bool aborted() const { return aborted_; }
  [[nodiscard]] std::size_t largest_write() const { return largest_write_; }

  // -- Transport
  task<Result<Wake>> wait(Signal* signal, TimePoint deadline) override {
    while (true) {
      if (aborted_) co_return fail(Errc::kClosed);
      if (!input_.empty() || ended_) co_return Wake::kReadable;
      if (clock_.now() >= deadline) co_return Wake::kDeadline;
      if (co_await Park{*this, signal}) co_return Wake::kSignal;
    }
  }
  task<Result<std::size_t>> read(std::span<char> into, TimePoint deadline) override {
    while (input_.empty() && !ended_) {
      if (aborted_) co_return fail(Errc::kClosed);
      if (clock_.now() >= deadline) co_return fail(Errc::kTimeout);
      static_cast<void>(co_await Park{*this, nullptr});
    }
    const std::size_t count = std::min({into.size(), input_.size(), read_size_});
    input_.copy(into.data(), count);
    input_.erase(0, count);
    co_return count;
  }
  task<Result<void>> write(std::string_view bytes, TimePoint deadline) override {
    largest_write_ = std::max(largest_write_, bytes.size());
    while (stalled_) {
      if (aborted_) co_return fail(Errc::kClosed);
      if (clock_.now() >= deadline) co_return fail(Errc::kTimeout);
      static_cast<void>(co_await Park{*this, nullptr});
    }
    if (closed()) co_return fail(Errc::kClosed);
    output_ += bytes;
    co_return Result<void>();
  }
  task<void> shutdown() override {
    closed_ = true;
    co_return;
  }
  void abort() override {
    aborted_ = true;
    wake();
  }
  [[nodiscard]] const PeerInfo& peer() const override { return peer_; }

 private:
  // Suspends until wake() or the signal; true for the signal.
  struct Park {
    PipeTransport& transport;
    Signal* signal;
    bool signalled = false;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> handle) {
      transport.waiter_ = handle;
      if (signal == nullptr || signal->arm([this] {
            signalled = true;
            transport.wake();
          })) {
        return true;
      }
      transport.waiter_ = {};
      signalled = true;
      return false;
    }
    bool await_resume() const {
      if (signal != nullptr) signal->disarm();
      return signalled;
    }
  };

  ManualExecutor& executor_;
  Clock& clock_;
  PeerInfo peer_;
  std::string input_, output_;
  std::size_t read_size_ = SIZE_MAX;
  std::size_t largest_write_ = 0;
  std::coroutine_handle<> waiter_;
  bool ended_ = false, stalled_ = false, closed_ = false, aborted_ = false;
};

}  // namespace postern::session
