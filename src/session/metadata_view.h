// MetadataView: the metadata as a session's client knows it, for clients that asked to be told of
// changes by others (RFC 5464 §4.4, ENABLE METADATA and METADATA-SERVER).
//
// It holds the snapshot that was told last; what the client must be told is the difference to the
// newest. One owner, one coroutine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/task.h"
#include "mailstore/metadata.h"
#include "session/open.h"
#include "session/output.h"

namespace postern::session {

class MetadataView {
 public:
  // Whether the client is to be told of a mailbox; of the server when it is null.
  using Wants = std::function<bool(const mailstore::Folder*)>;

  // From `now` on; nothing when it runs already.
  void start(mailstore::MetadataPtr now);
  void stop() { *this = MetadataView(); }
  [[nodiscard]] bool running() const { return shown_ != nullptr; }

  // This session's own change is not told to it (RFC 5464 §4.3).
  void note_own(MailboxId mailbox, const std::vector<mailstore::MetadataChange>& changes);

  // Appends a METADATA response without values for each mailbox that others changed, as far as
  // `who` may read it. False when the peer is gone.
  task<bool> tell(Output& out, const Principal& who, Wants wants, bool utf8_names);

 private:
  struct Own {
    MailboxId mailbox;
    mailstore::MetadataChange change;
  };
  [[nodiscard]] bool is_own(MailboxId mailbox, std::string_view entry,
                            const mailstore::MetadataValue& value) const;
  // Names of entries that differ and are not this session's own.
  [[nodiscard]] std::vector<std::string_view> differences(
      MailboxId mailbox, const mailstore::MetadataEntriesPtr& before,
      const mailstore::MetadataEntriesPtr& after) const;

  mailstore::MetadataPtr shown_;
  std::vector<Own> own_;  // since `shown_`
};

// entry of RFC 5464 §5, as astring.
void append_entry(std::string& out, std::string_view entry);

}  // namespace postern::session
