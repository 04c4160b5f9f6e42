// VersionEditor: makes the next version of a mailbox from the newest one. A chunk is copied once,
// on its first change; all others stay shared. Replaying the log and serving a change are this one
// code.
//
// Not thread-safe; the version it builds is immutable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mailstore/log_record.h"
#include "mailstore/version.h"

namespace postern::mailstore {

using KeywordsPtr = std::shared_ptr<const std::vector<std::string>>;  // shared by versions

class VersionEditor {
 public:
  explicit VersionEditor(const MailboxVersion& base);

  // All sections of one record, giving the touched rows `modseq`. kCorrupt when a row does not
  // follow the last one or a keyword is not in the table of `keywords` names: only stored bytes can
  // cause it.
  [[nodiscard]] Result<void> apply(const LogRecord& record, ModSeq modseq, std::size_t keywords);
  // The editor is spent.
  [[nodiscard]] VersionPtr build(KeywordsPtr keywords);

 private:
  void add(const AddSection& section, ModSeq modseq);
  void change(const FlagsSection& section, ModSeq modseq);
  void expunge(const UidSet& uids);
  Chunk& writable_tail();

  UidValidity validity_;
  MailboxCounts counts_;
  std::vector<ChunkPtr> chunks_;
  std::shared_ptr<Chunk> tail_;  // the last of chunks_ when this editor made it
};

// Adds rows to the counts; for mailboxes whose rows are not in memory.
void count_added(MailboxCounts& counts, const AddSection& section);

}  // namespace postern::mailstore
