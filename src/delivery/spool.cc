#include "delivery/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "crypto/crypto.h"

namespace postern::delivery {
namespace {

constexpr std::size_t kSealedPiece = Spool::kPiece + crypto::kTagSize;

crypto::Nonce nonce_of(std::uint64_t index) {
  crypto::Nonce nonce{};
  for (std::size_t i = 0; i < 8; ++i) nonce[i] = static_cast<std::uint8_t>(index >> (8 * i));
  return nonce;
}

Result<void> write_at(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "write to the delivery spool");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::string> read_at(int file, std::uint64_t offset) {
  std::string bytes(kSealedPiece, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n =
        ::pread(file, bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "read the delivery spool");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

}  // namespace

Spool::Spool(std::string directory, ThreadPool& pool, Random& random)
    : directory_(std::move(directory)), pool_(pool), random_(random) {}

task<Result<void>> Spool::append(std::string_view bytes) {
  size_ += bytes.size();
  memory_ += bytes;
  if (!file_ && memory_.size() <= kInMemory) co_return Result<void>{};
  while (memory_.size() >= kPiece) POSTERN_CO_CHECK_OK(co_await spill());
  co_return Result<void>{};
}

task<Result<void>> Spool::finish() {
  if (file_ && !memory_.empty()) POSTERN_CO_CHECK_OK(co_await spill());
  co_return Result<void>{};
}

task<Result<void>> Spool::spill() {
  if (!file_) {
    file_ = Fd(::open(directory_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!file_) co_return fail_errno(errno, "create a spool file in " + directory_);
    key_ = crypto::Secret::zeroed(crypto::kKeySize);
    random_.fill(key_.bytes());
  }
  const std::size_t take = std::min(memory_.size(), kPiece);
  std::string sealed;
  crypto::seal(key_, nonce_of(pieces_), "", std::string_view(memory_).substr(0, take), sealed);
  memory_.erase(0, take);
  const std::uint64_t offset = pieces_++ * kSealedPiece;
  auto work = [file = file_.get(), sealed = std::move(sealed), offset] {
    return write_at(file, sealed, offset);
  };
  co_return co_await pool_.run(std::move(work));
}

task<Result<std::string>> Spool::piece(std::uint64_t index) {
  if (!file_) {
    const std::uint64_t from = std::min<std::uint64_t>(index * kPiece, memory_.size());
    co_return memory_.substr(static_cast<std::size_t>(from), kPiece);
  }
  if (index >= pieces_) co_return std::string{};
  auto work = [file = file_.get(), index] { return read_at(file, index * kSealedPiece); };
  POSTERN_CO_TRY(const std::string sealed, co_await pool_.run(std::move(work)));
  std::string plain;
  POSTERN_CO_CHECK_OK(crypto::open(key_, nonce_of(index), "", sealed, plain));
  co_return plain;
}

}  // namespace postern::delivery
