// Machine: the LMTP server side (RFC 2033) as a value: bytes in, actions out. No I/O, no clock.
//
// PIPELINING, 8BITMIME, SMTPUTF8, CHUNKING (RFC 3030), ENHANCEDSTATUSCODES, SIZE. After the end of
// the data one reply per accepted recipient, in the order of RCPT.
//
//   feed() ──> kNeedMore     flush output(), read more
//          ├─> kRecipient    decide recipient(), then call recipient_done(reply)
//          ├─> kBegin        recipients are complete and data follows: prepare
//          ├─> kBytes        body() holds message octets; take them before the next feed()
//          ├─> kEnd          the message is complete: deliver, then call delivered(replies)
//          ├─> kAbort        a begun message is void (too big, bare newlines, RSET): drop it
//          └─> kClose        flush output() and close
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmtp/data.h"

namespace postern::lmtp {

struct Options {
  std::string hostname;
  std::uint64_t max_message_size = 50u << 20;
  std::size_t max_recipients = 1000;
  std::size_t max_line = 64 * 1024;
  bool reject_bare_newlines = false;  // lmtp.bare_newline = "reject"
};

struct Envelope {
  std::string lhlo;    // what the client called itself; printable ASCII or UTF-8
  std::string sender;  // "" for <>
  bool smtputf8 = false;
  std::vector<std::string> recipients;  // accepted, as given
};

class Machine {
 public:
  enum class Action : std::uint8_t { kNeedMore, kRecipient, kBegin, kBytes, kEnd, kAbort, kClose };

  explicit Machine(Options options);

  [[nodiscard]] std::string greeting() const;  // 220
  [[nodiscard]] Action feed(std::string_view& in);
  // Replies not yet sent; the driver sends and clears it.
  [[nodiscard]] std::string& output() { return output_; }

  [[nodiscard]] const std::string& recipient() const { return recipient_; }
  // "250 2.1.5 Ok" accepts; any other reply refuses this recipient only. Without CRLF.
  void recipient_done(std::string_view reply);
  [[nodiscard]] const Envelope& envelope() const { return envelope_; }
  [[nodiscard]] std::string_view body() const { return body_; }
  // One reply for each accepted recipient, without CRLF.
  void delivered(const std::vector<std::string>& replies);
  // 421 and close, for shutdown and limits. Follows nothing else.
  [[nodiscard]] static std::string closing(std::string_view hostname, std::string_view why);

 private:
  enum class State : std::uint8_t { kCommand, kData, kChunk, kEnd, kClosed };

  Action read_line(std::string_view& in);
  Action command(std::string_view line);
  Action mail(std::string_view args);
  Action rcpt(std::string_view args);
  Action data(std::string_view args);
  Action bdat(std::string_view args);
  Action lhlo(std::string_view args);
  Action read_data(std::string_view& in);
  Action read_chunk(std::string_view& in);
  Action end_of_message();
  Action refuse_message(std::string_view reply);  // one reply per recipient
  [[nodiscard]] bool reset();                     // true when a begun message must be dropped
  void reply(std::string_view text);

  Options options_;
  State state_ = State::kCommand;
  std::string line_;       // partial command line
  char last_ = ' ';        // octet before the current piece of a line
  bool too_long_ = false;  // the current line is being dropped
  std::string output_;
  std::string recipient_;
  std::string body_;
  Envelope envelope_;
  bool greeted_ = false;
  bool have_mail_ = false;
  bool begun_ = false;     // the driver saw kBegin and has not yet seen the end
  bool chunking_ = false;  // BDAT was used in this transaction: DATA is out of order (RFC 3030 §2)
  bool chunk_failed_ = false;
  bool chunk_last_ = false;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t size_ = 0;
  DataReader data_reader_;
  NewlineCheck newline_check_;
};

}  // namespace postern::lmtp
