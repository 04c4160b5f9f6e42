// AES-256-GCM through OpenSSL's EVP, with one cipher context per thread.
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "crypto/crypto.h"

namespace postern::crypto {
namespace {

struct ContextDelete {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct CipherDelete {
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};

// Fetched once: an implicit fetch at every init costs more than sealing a small value.
const EVP_CIPHER* aes_256_gcm() {
  static const std::unique_ptr<EVP_CIPHER, CipherDelete> cipher(
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  return cipher.get();
}

EVP_CIPHER_CTX* thread_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, ContextDelete> context(EVP_CIPHER_CTX_new());
  return context.get();
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A failure here is a broken library or a wrong key size: a programmer's error that no input
// triggers.
void must(int ok) {
  if (ok != 1) std::abort();
}

}  // namespace

void seal(const Secret& key, const Nonce& nonce, std::string_view aad, std::string_view plain,
          std::string& out) {
  EVP_CIPHER_CTX* const context = thread_context();
  const std::size_t at = out.size();
  out.resize(at + plain.size() + kTagSize);
  auto* const target = reinterpret_cast<unsigned char*>(out.data() + at);
  int written = 0;
  if (key.size() != kKeySize) std::abort();
  must(EVP_EncryptInit_ex2(context, aes_256_gcm(), as_bytes(key.view()), nonce.data(), nullptr));
  must(EVP_EncryptUpdate(context, nullptr, &written, as_bytes(aad), static_cast<int>(aad.size())));
  must(EVP_EncryptUpdate(context, target, &written, as_bytes(plain),
                         static_cast<int>(plain.size())));
  must(EVP_EncryptFinal_ex(context, target + plain.size(), &written));
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, target + plain.size()));
}

Result<void> open(const Secret& key, const Nonce& nonce, std::string_view aad,
                  std::string_view sealed, std::string& out) {
  if (sealed.size() < kTagSize) return fail(Errc::kCorrupt, "sealed value is shorter than its tag");
  if (key.size() != kKeySize) std::abort();
  const std::string_view body = sealed.substr(0, sealed.size() - kTagSize);
  std::string tag(sealed.substr(body.size()));
  EVP_CIPHER_CTX* const context = thread_context();
  const std::size_t at = out.size();
  out.resize(at + body.size());
  auto* const target = reinterpret_cast<unsigned char*>(out.data() + at);
  int written = 0;
  must(EVP_DecryptInit_ex2(context, aes_256_gcm(), as_bytes(key.view()), nonce.data(), nullptr));
  must(EVP_DecryptUpdate(context, nullptr, &written, as_bytes(aad), static_cast<int>(aad.size())));
  must(EVP_DecryptUpdate(context, target, &written, as_bytes(body), static_cast<int>(body.size())));
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()));
  if (EVP_DecryptFinal_ex(context, target + body.size(), &written) != 1) {
    wipe(out);
    return fail(Errc::kCorrupt, "authentication tag does not fit");
  }
  return {};
}

std::string seal_value(const Secret& key, Random& random, std::string_view aad,
                       std::string_view plain) {
  Nonce nonce;
  random.fill(nonce);
  std::string out(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  seal(key, nonce, aad, plain, out);
  return out;
}

Result<std::string> open_value(const Secret& key, std::string_view aad, std::string_view sealed) {
  if (sealed.size() < kNonceSize + kTagSize)
    return fail(Errc::kCorrupt, "sealed value is too short");
  Nonce nonce;
  std::copy_n(sealed.begin(), kNonceSize, reinterpret_cast<char*>(nonce.data()));
  std::string plain;
  POSTERN_CHECK_OK(open(key, nonce, aad, sealed.substr(kNonceSize), plain));
  return plain;
}

}  // namespace postern::crypto
