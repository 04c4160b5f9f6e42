// What the searching commands (RFC 5267 §4.1: SEARCH, SORT, and with them THREAD and ESEARCH)
// share: return options, charset, evaluation, and the ESEARCH response.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/search.h"
#include "search/sort.h"
#include "session/handlers.h"

namespace postern::session {

// Return options as flags.
struct Wanted {
  bool min = false, max = false, all = false, count = false, save = false, update = false;
  bool relevancy = false;
  std::optional<imap::PartialRange> partial;

  explicit Wanted(const imap::SearchArgs& args);
  [[nodiscard]] bool any_data() const { return min || max || all || count || partial || relevancy; }
};

// Messages that a search found, and their order when that is not the mailbox's.
struct Found {
  search::SearchHits hits;
  bool sorted = false;
  std::vector<search::SortedMessage> order;
  std::vector<std::uint8_t> scores;  // of hits.uids, in their order, when they were asked for
};

// Converts the strings of a command to UTF-8. The refusal, if there is one (RFC 9051 §6.4.4).
[[nodiscard]] std::optional<Reply> convert_charset(Context& context, imap::SearchArgs& args);
// RFC 9755 §3. The refusal of another charset once UTF-8 is agreed on.
[[nodiscard]] std::optional<Reply> refuse_charset(const Context& context,
                                                  const imap::SearchArgs& args);

// What the session knows beside the mailbox's version.
[[nodiscard]] search::SearchContext facts_of(Context& context);

// Searches one version, and scores what was found when that is wanted. Everything outlives the
// await.
[[nodiscard]] task<Result<Found>> find(mailstore::Account& account, mailstore::VersionPtr version,
                                       const imap::SearchArgs& args, const Wanted& wanted,
                                       search::SearchContext facts);

// Searches the selected mailbox, telling the client when it takes long. Everything outlives the
// await.
[[nodiscard]] task<std::expected<Found, Reply>> search_selected(Context& context,
                                                                std::string_view tag,
                                                                imap::SearchArgs& args);

// What "$" holds after RETURN (SAVE), and what the MODSEQ item speaks of: the messages returned
// (RFC 5182 §2.4, RFC 9394 §3.2).
[[nodiscard]] UidSet returned(const Found& found, const Wanted& wanted);

// RFC 7162 §3.1.5: " (MODSEQ n)" at the end of SEARCH and SORT responses, if it is due.
void append_modseq_suffix(std::string& out, const imap::SearchArgs& args, const Found& found);

// "* ESEARCH (TAG "tag") UID", the last for UIDs only.
[[nodiscard]] std::string esearch_head(std::string_view tag, imap::Addressing by);
// The whole response. `version`: the one searched. All references outlive the await.
task<void> write_esearch(Context& context, std::string head,
                         const mailstore::MailboxVersion& version, const imap::SearchArgs& args,
                         const Found& found, const Wanted& wanted);

// RFC 5267 §4.3: a tag of a live update cannot be used for another.
[[nodiscard]] std::optional<Reply> refuse_tag(const Context& context, std::string_view tag,
                                              const Wanted& wanted);
// From now on the client is told how this result changes; or that it is not (NOUPDATE). Takes the
// order of `found` and the program of `args` with it.
void start_update(Context& context, std::string_view tag, std::string head, imap::SearchArgs& args,
                  std::vector<imap::SortCriterion> criteria, Found found);

}  // namespace postern::session
