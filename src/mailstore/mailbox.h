// A mailbox as its account keeps it: the durable state that readers see and the newest one, which
// holds changes that are still on their way to the engine.
//
// Guarded by the account's mutex throughout.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "mailstore/change_feed.h"
#include "mailstore/log_record.h"
#include "mailstore/metadata.h"
#include "mailstore/name_table.h"
#include "mailstore/records.h"
#include "mailstore/version.h"
#include "mailstore/version_editor.h"

namespace postern::mailstore {

// Cheap to copy: everything large in it is shared and immutable.
struct MailboxState {
  bool exists = false;
  Header header;
  KeywordsPtr keywords;
  VersionPtr version;  // null while the rows are not loaded; then header.counts speaks
};

struct Mailbox {
  MailboxId id;
  UidValidity validity;
  bool damaged = false;  // its header could not be read
  MailboxState durable, head;
  std::size_t pending = 0;  // changes under way that touch it

  // Rows loaded: durable.version and head.version are both set, and the four below hold.
  std::vector<ChunkPtr> stored;   // what the chunk records hold
  std::deque<Vanished> vanished;  // ascending, complete after durable.header.vanished_floor
  struct VanishedRecord {
    ModSeq key;
    std::size_t entries = 0;
  };
  std::deque<VanishedRecord> vanished_records;  // that hold the first entries of `vanished`

  bool loading = false;
  std::vector<OneShot<bool>> load_waiters;
  bool folding = false;
  std::uint32_t fold_from = 0;  // not before the log has this many records
  Uid recent{1};
};
using MailboxPtr = std::shared_ptr<Mailbox>;  // changes under way keep it beyond its deletion

// How a change ended. `retry`: it never reached the engine, because one it was built on failed.
struct Outcome {
  bool retry = false;
  Result<void> result;
};

// A fold that a change carries.
struct Folded {
  std::vector<ChunkPtr> stored;
  std::optional<Mailbox::VanishedRecord> record;  // written
  std::size_t cut_records = 0;                    // oldest ones deleted
};

// What one change leaves behind in one mailbox.
struct Effect {
  MailboxPtr mailbox;
  MailboxState after;
  std::optional<LogRecord> record;  // at after.header.counts.highest_modseq
  std::optional<Folded> folded;
  bool names_keywords = false;  // the keyword table grew
};

// A change under way: built, not yet durable.
struct Pending {
  engine::Batch batch;
  engine::Engine::Urgency urgency = engine::Engine::Urgency::kNormal;
  std::vector<Effect> effects;  // one a mailbox
  Counters counters;            // after it
  NameChanges names;
  MetadataEffects metadata;
  Naming naming;  // what `names` come from
  OneShot<Outcome> done;
};
using PendingPtr = std::shared_ptr<Pending>;  // shared by the queue and the coroutine that waits

}  // namespace postern::mailstore
