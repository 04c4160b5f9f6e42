#include "session/compressed_transport.h"

#include <algorithm>
#include <utility>

#include "base/executor.h"
#include "base/log.h"

namespace postern::session {

bool CompressedTransport::fill() {
  if (passing_ && plain_.empty()) plain_ = std::exchange(packed_, {});
  if (!plain_.empty()) return true;
  if ((packed_.empty() && !full_) || ended_ || over_) return false;
  plain_buffer_.resize(kPlain);
  const Result<std::size_t> made = inflater_.inflate(packed_, plain_buffer_);
  if (!made) {
    log_info("compression_broken",
             {{"peer", peer().address},
              {"reason", made.error().code == Errc::kLimit ? "bomb" : "data"}});
    over_ = Error{Errc::kClosed, "not DEFLATE", {}};
    return false;
  }
  full_ = *made == plain_buffer_.size();
  ended_ = ended_ || inflater_.ended();
  plain_ = std::string_view(plain_buffer_).substr(0, *made);
  return !plain_.empty();
}

task<Result<void>> CompressedTransport::take(TimePoint deadline) {
  packed_buffer_.resize(kPacked);
  const Result<std::size_t> got = co_await inner_.read(packed_buffer_, deadline);
  if (!got) {
    // Nothing came in time: the stream is as it was, and whoever asked may ask again.
    if (got.error().code != Errc::kTimeout) over_ = got.error();
    co_return std::unexpected(got.error());
  }
  if (*got == 0) {
    ended_ = inner_ended_ = true;
  } else {
    packed_ = std::string_view(packed_buffer_).substr(0, *got);
  }
  co_return Result<void>{};
}

task<Result<Transport::Wake>> CompressedTransport::wait(Signal* signal, TimePoint deadline) {
  for (;;) {
    if (fill() || ended_ || over_) co_return Wake::kReadable;
    if (!packed_.empty() || full_) continue;
    release_memory();
    const Result<Wake> wake = co_await inner_.wait(signal, deadline);
    if (!wake || *wake != Wake::kReadable) co_return wake;
    const Result<void> took = co_await take(deadline);
    if (!took && took.error().code == Errc::kTimeout) co_return Wake::kDeadline;
    // Blocks without octets in them come as fast as the network brings them.
    co_await Yield{};
  }
}

task<Result<std::size_t>> CompressedTransport::read(std::span<char> into, TimePoint deadline) {
  bool network = false;
  while (!fill()) {
    if (over_) co_return std::unexpected(*over_);
    if (ended_) co_return std::size_t{0};
    if (!packed_.empty() || full_) continue;
    POSTERN_CO_CHECK_OK(co_await take(deadline));
    network = true;
  }
  // A few octets can become megabytes: others on the thread get a turn before each piece.
  if (!network) co_await Yield{};
  const std::size_t count = std::min(into.size(), plain_.size());
  plain_.copy(into.data(), count);
  plain_.remove_prefix(count);
  co_return count;
}

task<Result<void>> CompressedTransport::write(std::string_view bytes, TimePoint deadline) {
  if (passing_) co_return co_await inner_.write(bytes, deadline);
  std::string packed;
  deflater_.compress(bytes, packed);
  co_return co_await inner_.write(packed, deadline);
}

void CompressedTransport::end() {
  // What is uncompressed and was not read came too late.
  if (!plain_.empty() || full_) over_ = Error{Errc::kClosed, "compressed behind the end", {}};
  plain_ = {};
  full_ = false;
  passing_ = true;
  ended_ = inner_ended_;
}

void CompressedTransport::release_memory() {
  packed_ = plain_ = {};
  std::string().swap(packed_buffer_);
  std::string().swap(plain_buffer_);
  deflater_.release_memory();
}

std::size_t CompressedTransport::held() const {
  const auto size = [](const std::string& s) { return s.capacity() > 64 ? s.size() : 0; };
  return size(packed_buffer_) + size(plain_buffer_) + (deflater_.holds_memory() ? 1 : 0);
}

}  // namespace postern::session
