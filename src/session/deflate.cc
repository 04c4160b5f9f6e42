#include "session/deflate.h"

#include <zlib.h>

#include <new>

namespace postern::session {
namespace {

// RFC 4978 §4: a negative window means raw DEFLATE, without header and checksum.
constexpr int kLevel = 5, kDeflateWindow = -13, kMemLevel = 7, kInflateWindow = -15;

// zlib's interface predates const; it does not write to its input.
Bytef* input(std::string_view bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

}  // namespace

void EndDeflate::operator()(z_stream_s* stream) const {
  deflateEnd(stream);
  delete stream;
}

void EndInflate::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

void Deflater::compress(std::string_view plain, std::string& packed) {
  while (!plain.empty()) {
    const ResponseScan::Piece piece = scan_.next(plain);
    // The end is flushed so that the peer can read all of it; a cut takes the dictionary too.
    const bool last = piece.size == plain.size();
    if (piece.size != 0 || piece.cut) {
      run(plain.substr(0, piece.size),
          piece.cut ? Z_FULL_FLUSH : (last ? Z_SYNC_FLUSH : Z_NO_FLUSH), packed);
    }
    plain.remove_prefix(piece.size);
  }
}

void Deflater::run(std::string_view plain, int flush, std::string& packed) {
  if (!stream_) {
    if (plain.empty()) return;  // a cut before anything was said
    auto fresh = std::make_unique<z_stream>();
    if (deflateInit2(fresh.get(), kLevel, Z_DEFLATED, kDeflateWindow, kMemLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
    stream_.reset(fresh.release());
  }
  stream_->next_in = input(plain);
  stream_->avail_in = static_cast<uInt>(plain.size());
  constexpr std::size_t kStep = 16 * 1024;
  do {
    const std::size_t before = packed.size();
    packed.resize(before + kStep);
    stream_->next_out = reinterpret_cast<Bytef*>(packed.data() + before);
    stream_->avail_out = static_cast<uInt>(kStep);
    // Z_BUF_ERROR: there was nothing to do, which is fine.
    static_cast<void>(deflate(stream_.get(), flush));
    packed.resize(before + kStep - stream_->avail_out);
  } while (stream_->avail_out == 0);
}

Inflater::Inflater() {
  auto fresh = std::make_unique<z_stream>();
  if (inflateInit2(fresh.get(), kInflateWindow) != Z_OK) throw std::bad_alloc();
  stream_.reset(fresh.release());
}

Result<std::size_t> Inflater::inflate(std::string_view& packed, std::span<char> into) {
  if (ended_) {
    packed = {};
    return std::size_t{0};
  }
  stream_->next_in = input(packed);
  stream_->avail_in = static_cast<uInt>(packed.size());
  stream_->next_out = reinterpret_cast<Bytef*>(into.data());
  stream_->avail_out = static_cast<uInt>(into.size());
  const int status = ::inflate(stream_.get(), Z_SYNC_FLUSH);
  const std::size_t made = into.size() - stream_->avail_out;
  in_ += packed.size() - stream_->avail_in;
  out_ += made;
  packed.remove_prefix(packed.size() - stream_->avail_in);
  if (status == Z_STREAM_END) {
    ended_ = true;
  } else if (status != Z_OK && status != Z_BUF_ERROR) {
    return fail(status == Z_MEM_ERROR ? Errc::kUnavailable : Errc::kInvalid, "not DEFLATE");
  }
  if (out_ > kAllowance + kRatio * in_) return fail(Errc::kLimit, "compressed too well");
  return made;
}

}  // namespace postern::session
