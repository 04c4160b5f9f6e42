#include "session/command_table.h"

#include <gtest/gtest.h>

#include "imap/parser.h"

namespace postern::session {
namespace {

using imap::CommandId;

TEST(CommandTable, EveryCommandHasItsRow) {
  for (std::size_t i = 0; i < imap::kCommandCount; ++i) {
    const auto id = static_cast<CommandId>(i);
    const CommandRow& row = command_row(id);
    EXPECT_EQ(row.id, id);
    EXPECT_NE(row.states, 0) << imap::to_string(id);
    EXPECT_EQ(row.literals == Literals::kNone, row.literal_limit == 0) << imap::to_string(id);
    EXPECT_FALSE(row.allowed_in(State::kLogout)) << imap::to_string(id);
  }
}

TEST(CommandTable, BeforeLoginOnlyWhatRfc9051Section62Allows) {
  for (std::size_t i = 0; i < imap::kCommandCount; ++i) {
    const auto id = static_cast<CommandId>(i);
    const bool allowed = id == CommandId::kCapability || id == CommandId::kNoop ||
                         id == CommandId::kLogout || id == CommandId::kId ||
                         id == CommandId::kAuthenticate || id == CommandId::kLogin ||
                         id == CommandId::kLanguage;
    EXPECT_EQ(command_row(id).allowed_in(State::kNotAuthenticated), allowed) << imap::to_string(id);
  }
}

TEST(CommandTable, SelectedCommandsNeedAMailbox) {
  for (const auto id : {CommandId::kCheck, CommandId::kClose, CommandId::kUnselect,
                        CommandId::kExpunge, CommandId::kSearch, CommandId::kFetch,
                        CommandId::kStore, CommandId::kCopy, CommandId::kMove}) {
    EXPECT_FALSE(command_row(id).allowed_in(State::kAuthenticated)) << imap::to_string(id);
    EXPECT_TRUE(command_row(id).allowed_in(State::kSelected)) << imap::to_string(id);
  }
}

// Commands with search keys: whatever their form, a key may be a number.
TEST(CommandTable, SearchingCommandsHoldExpunges) {
  for (const auto id : {CommandId::kSort, CommandId::kThread, CommandId::kEsearch}) {
    EXPECT_EQ(command_row(id).updates, Updates::kNoExpunge);
    EXPECT_TRUE(ambiguous_after_expunge(id, imap::Addressing::kSequence));
    EXPECT_TRUE(ambiguous_after_expunge(id, imap::Addressing::kUid));
  }
  EXPECT_FALSE(command_row(CommandId::kSort).allowed_in(State::kAuthenticated));
  EXPECT_FALSE(command_row(CommandId::kCancelUpdate).allowed_in(State::kAuthenticated));
  EXPECT_TRUE(command_row(CommandId::kEsearch).allowed_in(State::kAuthenticated));
}

TEST(CommandTable, NoExpungeWhileNumbersAreInUse) {
  for (const auto id : {CommandId::kFetch, CommandId::kStore, CommandId::kSearch}) {
    EXPECT_EQ(command_row(id).updates, Updates::kNoExpunge);
    EXPECT_TRUE(ambiguous_after_expunge(id, imap::Addressing::kSequence));
    // The keys of a UID SEARCH may be numbers.
    EXPECT_EQ(ambiguous_after_expunge(id, imap::Addressing::kUid), id == CommandId::kSearch);
  }
  EXPECT_FALSE(ambiguous_after_expunge(CommandId::kNoop, imap::Addressing::kSequence));
}

}  // namespace
}  // namespace postern::session
