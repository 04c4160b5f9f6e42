// A load generator for any IMAPS and LMTP server: one blocking thread a connection, one JSON line
// out.
//
//   postern_load MODE --imaps PORT --lmtp PORT --ca FILE --accounts N --connections C --count N ...
//
// Modes: login, append, lmtp, fill, select, fetch, idle. bench/compare runs it against two servers
// in turn. Accounts are user0@localhost ... userN-1@localhost with the password "secret".
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& text) {
  std::fprintf(stderr, "error: %s\n", text.c_str());
  std::exit(1);
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A blocking connection with or without TLS, read by lines.
class Peer {
 public:
  Peer(int port, SSL_CTX* tls) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      die("connect failed");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    SSL_set1_host(ssl_, "localhost");
    SSL_set_tlsext_host_name(ssl_, "localhost");
    if (SSL_connect(ssl_) != 1) {
      ERR_print_errors_fp(stderr);
      die("TLS handshake failed");
    }
  }
  ~Peer() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ::close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 30));
      const long n = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), size)
                                     : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) die("write failed");
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // One line without its end; valid until the next call.
  std::string_view line() {
    for (;;) {
      const std::size_t end = buffer_.find('\n', at_);
      if (end != std::string::npos) {
        const std::string_view text(buffer_.data() + at_, end - at_);
        at_ = end + 1;
        return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
      }
      fill();
    }
  }
  void skip(std::size_t count) {
    while (buffer_.size() - at_ < count) {
      count -= buffer_.size() - at_;
      at_ = buffer_.size();
      fill();
    }
    at_ += count;
  }
  [[nodiscard]] std::uint64_t received() const { return received_; }

 private:
  void fill() {
    buffer_.erase(0, at_);
    at_ = 0;
    char piece[65536];
    const long n =
        ssl_ != nullptr ? SSL_read(ssl_, piece, sizeof piece) : ::recv(fd_, piece, sizeof piece, 0);
    if (n <= 0) die("connection closed by the server");
    received_ += static_cast<std::uint64_t>(n);
    buffer_.append(piece, static_cast<std::size_t>(n));
  }
  int fd_;
  SSL* ssl_ = nullptr;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t received_ = 0;
};

struct Options {
  std::map<std::string, std::string> values;
  [[nodiscard]] int number(const std::string& key, int otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : std::atoi(found->second.c_str());
  }
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const {
    const auto found = values.find(key);
    return found == values.end() ? otherwise : found->second;
  }
};

class Imap {
 public:
  Imap(int port, SSL_CTX* tls) : peer_(port, tls) { peer_.line(); }

  // Sends `command` and reads to its tagged answer, counting untagged lines.
  void run(const std::string& command) {
    const std::string tag = next_tag();
    peer_.send(tag + " " + command + "\r\n");
    finish(tag);
  }
  void append(const std::string& mailbox, const std::string& message) {
    const std::string tag = next_tag();
    peer_.send(tag + " APPEND " + mailbox + " {" + std::to_string(message.size()) + "+}\r\n" +
               message + "\r\n");
    finish(tag);
  }
  std::string next_tag() { return "t" + std::to_string(++tags_); }
  void finish(const std::string& tag) {
    for (;;) {
      const std::string_view text = peer_.line();
      if (text.starts_with(tag)) {
        if (text.substr(tag.size(), 4) != " OK ") die("command refused: " + std::string(text));
        return;
      }
      // Literals of ENVELOPE and bodies hold line ends of their own.
      if (text.ends_with('}')) {
        const std::size_t open = text.rfind('{');
        if (open != std::string_view::npos)
          peer_.skip(std::strtoul(text.data() + open + 1, nullptr, 10));
      }
    }
  }
  Peer& peer() { return peer_; }

 private:
  Peer peer_;
  int tags_ = 0;
};

// A plausible message of about `size` octets, different for every number, the same in every run.
std::string message(int number, std::size_t size) {
  const std::string n = std::to_string(number);
  std::string text =
      "From: Sender " + n + " <sender" + n + "@example.org>\r\nTo: Reader <user@example.net>\r\n" +
      "Subject: Message number " + n +
      " of the benchmark\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n" + "Message-ID: <" + n +
      "@bench.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b" +
      n + "\"\r\n\r\n--b" + n + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
  std::uint64_t state = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15u + 1;
  while (text.size() + 200 < size) {
    for (int i = 0; i < 10; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += std::to_string(state >> 44) + ' ';
    }
    text += "\r\n";
  }
  text += "--b" + n + "\r\nContent-Type: text/html\r\n\r\n<p>short</p>\r\n--b" + n + "--\r\n";
  return text;
}

struct Outcome {
  std::mutex mutex;
  std::vector<double> times;  // seconds an operation
  void add(const std::vector<double>& more) {
    const std::lock_guard lock(mutex);
    times.insert(times.end(), more.begin(), more.end());
  }
};

void print(const std::string& mode, Outcome& outcome, double elapsed, std::uint64_t bytes) {
  std::sort(outcome.times.begin(), outcome.times.end());
  const auto quantile = [&](double q) {
    return outcome.times.empty() ? 0.0
                                 : outcome.times[static_cast<std::size_t>(
                                       q * static_cast<double>(outcome.times.size() - 1))];
  };
  std::printf(
      "{\"mode\":\"%s\",\"operations\":%zu,\"seconds\":%.4f,\"rate\":%.1f,\"p50_ms\":%.4f,\"p99_"
      "ms\":%.4f,\"bytes\":%llu}\n",
      mode.c_str(), outcome.times.size(), elapsed,
      static_cast<double>(outcome.times.size()) / elapsed, quantile(0.5) * 1e3,
      quantile(0.99) * 1e3, static_cast<unsigned long long>(bytes));
}

// Runs `operation(connection, index)` count times over the connections; each thread makes its own
// state.
template <class Make, class Operation>
void spread(int connections, int count, Outcome& outcome, Make make, Operation operation) {
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int c = 0; c < connections; ++c) {
    threads.emplace_back([&, c] {
      auto state = make(c);
      std::vector<double> times;
      for (int i = next++; i < count; i = next++) {
        const auto start = Clock::now();
        operation(state, i);
        times.push_back(seconds_since(start));
      }
      outcome.add(times);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::string login_command(int account) {
  return "LOGIN user" + std::to_string(account) + "@localhost secret";
}

void lmtp_expect(Peer& peer, std::string_view code) {
  for (;;) {
    const std::string_view text = peer.line();
    if (!text.starts_with(code)) die("LMTP refused: " + std::string(text));
    if (text.size() < 4 || text[3] != '-') return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) die("usage: postern_load MODE --key value ...");
  const std::string mode = argv[1];
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) options.values[argv[i] + 2] = argv[i + 1];
  const int imaps = options.number("imaps", 9993);
  const int lmtp = options.number("lmtp", 9024);
  const int accounts = options.number("accounts", 1);
  const int connections = options.number("connections", 1);
  const int count = options.number("count", 1000);
  const std::size_t size = static_cast<std::size_t>(options.number("size", 5000));
  const std::string mailbox = options.text("mailbox", "INBOX");

  SSL_CTX* const tls = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(tls, options.text("ca", "ca.pem").c_str(), nullptr) != 1)
    die("cannot read --ca");

  const auto signed_in = [&](int c) {
    auto imap = std::make_unique<Imap>(imaps, tls);
    imap->run(login_command(c % accounts));
    return imap;
  };
  Outcome outcome;
  std::uint64_t bytes = 0;
  auto start = Clock::now();
  if (mode == "login") {
    spread(
        connections, count, outcome, [](int) { return 0; },
        [&](int&, int i) {
          Imap imap(imaps, tls);
          imap.run(login_command(i % accounts));
          imap.run("LOGOUT");
        });
  } else if (mode == "append") {
    spread(connections, count, outcome, signed_in,
           [&](auto& imap, int i) { imap->append(mailbox, message(i, size)); });
  } else if (mode == "lmtp") {
    const auto make = [&](int) {
      auto peer = std::make_unique<Peer>(lmtp, nullptr);
      lmtp_expect(*peer, "220");
      peer->send("LHLO bench\r\n");
      lmtp_expect(*peer, "250");
      return peer;
    };
    spread(connections, count, outcome, make, [&](auto& peer, int i) {
      peer->send("MAIL FROM:<s@example.org>\r\nRCPT TO:<user" + std::to_string(i % accounts) +
                 "@localhost>\r\nDATA\r\n");
      lmtp_expect(*peer, "250");
      lmtp_expect(*peer, "250");
      lmtp_expect(*peer, "354");
      peer->send(message(i, size) + ".\r\n");
      lmtp_expect(*peer, "250");
    });
  } else if (mode == "fill") {  // pipelined: this is preparation, not a measurement
    const auto imap = signed_in(0);
    constexpr int kBatch = 100;
    for (int i = 0; i < count; i += kBatch) {
      std::string batch;
      std::vector<std::string> tags;
      for (int k = i; k < std::min(count, i + kBatch); ++k) {
        const std::string text = message(k, size);
        tags.push_back(imap->next_tag());
        batch += tags.back() + " APPEND " + mailbox + " {" + std::to_string(text.size()) +
                 "+}\r\n" + text + "\r\n";
      }
      imap->peer().send(batch);
      for (const std::string& tag : tags) imap->finish(tag);
      outcome.times.push_back(0);
    }
  } else if (mode == "select" || mode == "fetch") {
    const auto imap = signed_in(0);
    const std::string command = mode == "select"
                                    ? "SELECT " + mailbox
                                    : "FETCH 1:* (" + options.text("items", "FLAGS") + ")";
    if (mode == "fetch") imap->run("SELECT " + mailbox);
    start = Clock::now();
    for (int i = 0; i < count; ++i) {
      const auto begin = Clock::now();
      imap->run(command);
      outcome.times.push_back(seconds_since(begin));
    }
    bytes = imap->peer().received();
  } else if (mode == "idle") {
    std::vector<std::unique_ptr<Imap>> held;
    for (int c = 0; c < connections; ++c) {
      held.push_back(signed_in(c));
      held.back()->run("SELECT " + mailbox);
      held.back()->peer().send("i IDLE\r\n");
      held.back()->peer().line();
      outcome.times.push_back(0);
    }
    print(mode, outcome, seconds_since(start), 0);
    std::fflush(stdout);
    std::getchar();  // held until the driver has measured
    return 0;
  } else {
    die("unknown mode " + mode);
  }
  print(mode, outcome, seconds_since(start), bytes);
  SSL_CTX_free(tls);
  return 0;
}
