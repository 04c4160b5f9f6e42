// AppendBuilder: the messages of one APPEND or REPLACE, staged part by part as they come. Nothing
// of them is visible before commit(), and then all of them are (RFC 3502, RFC 8508 §3.4).
//
// Mailbox, flags, size and quota are checked as soon as they are known, before a "+" is sent for
// the octets they concern. Memory is bounded by kMaxHeld and one piece, whatever the sizes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "imap/command.h"
#include "session/context.h"
#include "session/flag_names.h"
#include "session/reply.h"

namespace postern::session {

class AppendBuilder {
 public:
  // LIMIT: octets of memory that the staged messages of one command take.
  static constexpr std::size_t kMaxHeld = 32u << 20;
  // LIMIT: octets that URLs bring in, as so many messages of the greatest size: a line of 64 KiB
  // could otherwise ask for a thousand of them.
  static constexpr std::uint64_t kMaxUrlMessages = 4;

  // `args` grows while the command is read and outlives the builder.
  AppendBuilder(Context& context, const imap::AppendArgs& args);
  ~AppendBuilder();
  AppendBuilder(const AppendBuilder&) = delete;
  AppendBuilder& operator=(const AppendBuilder&) = delete;

  // Goes on with what the command has brought since: opens the mailbox, completes messages, copies
  // what URLs name, and checks the literal that comes next. A reply: the command has failed, and
  // nothing of it remains.
  task<std::optional<Reply>> go_on();
  // Octets of the literal.
  task<std::optional<Reply>> write(std::string_view bytes);
  // Precondition: the command is whole and did not fail.
  task<Reply> commit();

 private:
  struct Replaced {  // REPLACE
    Uid uid;
    std::uint64_t size = 0;
  };
  // The message that this one may be the repeat of; see unanswered.h.
  struct Twin {
    UnansweredAppend append;
    EmailId email;
    std::uint64_t same = 0;  // octets so far
  };

  task<std::optional<Reply>> open();
  task<std::expected<Replaced, Reply>> find_replaced();
  std::optional<Reply> begin_message(const imap::AppendMessage& message);
  std::optional<Reply> expect_octets(const imap::AppendMessage& message,
                                     const imap::AppendPart& part);
  // What a repeat of this command has in common with it; nullopt for several messages, CATENATE and
  // REPLACE, of which no repeat is looked for.
  [[nodiscard]] std::optional<UnansweredAppend> pattern() const;
  task<void> find_twin();
  task<void> compare(std::string_view bytes);
  task<bool> twin_is_there();
  void give_back_twin();
  task<std::optional<Reply>> copy_url(std::string url);
  std::optional<Reply> make_room(std::uint64_t octets);
  task<std::optional<Reply>> end_message(const imap::AppendMessage& message);
  task<Reply> commit_replace();

  Context& context_;
  const imap::AppendArgs& args_;
  std::optional<MailboxHandle> target_;
  std::optional<Replaced> replaced_;
  std::size_t message_ = 0;  // of args_, the one under way
  std::size_t part_ = 0;     // of it, the next to be taken up
  bool begun_ = false;
  FlagNames flags_;
  std::unique_ptr<mailstore::MessageWriter> writer_;
  std::uint64_t octets_ = 0;  // of the message under way, announced ones included
  std::vector<mailstore::NewMessage> staged_;
  std::uint64_t staged_octets_ = 0;
  std::uint64_t url_octets_ = 0;
  std::size_t held_ = 0;
  std::optional<Twin> twin_;
};

}  // namespace postern::session
