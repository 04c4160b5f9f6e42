// LogRecord: one commit's change of one mailbox: redo log, and source of CONDSTORE and QRESYNC.
// Its MODSEQ is in the key. docs/formats/mailstore.md has the bytes.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/codec.h"
#include "base/interval_set.h"
#include "base/result.h"
#include "mailstore/flags.h"
#include "mailstore/version.h"

namespace postern::mailstore {

// New rows, UIDs ascending above every earlier one. MessageRow::modseq and ::flags are not used.
struct AddSection {
  struct Row {
    MessageRow row;
    FlagSet flags;
  };
  std::vector<Row> rows;
};
// A change of flags, for those of `uids` that exist and whose flags it changes.
struct FlagsSection {
  FlagMode mode = FlagMode::kReplace;
  FlagSet flags;
  UidSet uids;
};
struct ExpungeSection {
  UidSet uids;
};

struct LogRecord {
  std::vector<std::variant<AddSection, FlagsSection, ExpungeSection>> sections;  // in order
};

[[nodiscard]] FlagSet apply_flags(const FlagSet& before, FlagMode mode, const FlagSet& change);

[[nodiscard]] std::string encode_log_record(const LogRecord& record);
[[nodiscard]] Result<LogRecord> decode_log_record(std::string_view bytes);  // kCorrupt

// Shared with other records.
void encode_flag_set(ByteWriter& out, const FlagSet& flags);
[[nodiscard]] FlagSet decode_flag_set(ByteReader& in);
void encode_uid_set(ByteWriter& out, const UidSet& uids);
[[nodiscard]] Result<UidSet> decode_uid_set(ByteReader& in);

}  // namespace postern::mailstore
