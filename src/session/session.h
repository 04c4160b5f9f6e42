// Session: one IMAP connection from greeting to BYE, over any Transport.
//
//   state              entered by                         left by
//   not authenticated  greeting                           LOGIN, AUTHENTICATE; 60 s in total
//   authenticated      login, CLOSE, UNSELECT, failed     SELECT, EXAMINE, LOGOUT
//                      SELECT, DELETE of the selected
//   selected           SELECT, EXAMINE                    the same, CLOSE, UNSELECT
//   logout             LOGOUT, a limit, the peer, the     -
//                      registry (kick, eviction, drain)
//
// Commands run strictly one after the other, in the order sent; what a client pipelines waits in
// the input. All references outlive run(); the session runs on one executor.
#pragma once

#include <string>
#include <string_view>

#include "base/task.h"
#include "base/transport.h"
#include "session/context.h"
#include "session/services.h"

namespace postern::session {

class Session {
 public:
  Session(Services& services, Transport& transport);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Serves the connection to its end, closes it in good order and writes the session's log line.
  task<void> run();

  // Bytes of buffers held now (tests: an idle session holds none).
  [[nodiscard]] std::size_t held() const;

 private:
  task<void> serve();
  void greet();
  [[nodiscard]] Input::Patience patience() const;
  task<void> on_command();
  task<void> on_literal();
  void on_bad();
  void on_deadline();
  void on_signal();
  // The table's verdict on the head of a command, before anything else of it is looked at.
  [[nodiscard]] std::optional<Reply> refuse(const imap::CommandHead& head) const;
  task<void> finish(std::string_view tag, const imap::CommandHead& head, Reply reply);
  [[nodiscard]] View::Expunges expunges_now(const CommandRow& row,
                                            const imap::CommandHead& head) const;
  // As far as what the client has pipelined decides it.
  [[nodiscard]] View::Expunges expunges_before_next() const;
  task<void> tell_between_commands();
  void close_if_lost();
  void count_bad(bool bad);
  void log_end() const;

  Context context_;
  unsigned bad_in_a_row_ = 0;
  std::uint64_t commands_ = 0;
};

}  // namespace postern::session
