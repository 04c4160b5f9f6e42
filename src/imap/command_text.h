// Test support: a Command as one line of text, so that tests compare tables of strings.
#pragma once

#include <string>

#include "imap/command.h"
#include "imap/encoder.h"
#include "imap/parser.h"

namespace postern::imap {

class CommandText {
 public:
  static std::string of(const Command& command) {
    CommandText text;
    text.out_ = std::string(to_string(command.id));
    std::visit(text, command.args);
    return text.out_;
  }
  static std::string of(const SearchProgram& program) {
    CommandText text;
    text.program(program);
    return text.out_;
  }

  void operator()(std::monostate) {}
  void operator()(const IdArgs& args) {
    for (const auto& [name, value] : args.params) add(name + "=" + value.value_or("NIL"));
  }
  void operator()(const AuthenticateArgs& args) {
    add(args.mechanism);
    if (args.initial_response) add("ir:" + *args.initial_response);
  }
  void operator()(const LoginArgs& args) { add("<" + args.user + "> <" + args.password + ">"); }
  void operator()(const EnableArgs& args) {
    for (const std::string& name : args.capabilities) add(name);
  }
  void operator()(const SelectArgs& args) {
    name(args.mailbox);
    if (args.condstore) add("CONDSTORE");
    if (!args.qresync) return;
    add("QRESYNC " + std::to_string(args.qresync->uid_validity) + " " +
        std::to_string(args.qresync->mod_seq));
    if (args.qresync->known_uids) add("uids:" + args.qresync->known_uids->to_string());
    if (args.qresync->known_seqs) add("seqs:" + args.qresync->known_seqs->to_string());
    if (args.qresync->matching_uids) add("match:" + args.qresync->matching_uids->to_string());
  }
  void operator()(const CreateArgs& args) {
    name(args.mailbox);
    for (const std::string& use : args.special_use) add(use);
  }
  void operator()(const MailboxArgs& args) { name(args.mailbox); }
  void operator()(const RenameArgs& args) {
    name(args.from);
    name(args.to);
  }
  void operator()(const ListArgs& args) {
    name(args.reference);
    for (const std::string& pattern : args.patterns) name(pattern);
    flag(args.extended, "extended");
    flag(args.select_subscribed, "s:subscribed");
    flag(args.select_remote, "s:remote");
    flag(args.select_recursive_match, "s:recursive");
    flag(args.select_special_use, "s:special");
    flag(args.return_subscribed, "r:subscribed");
    flag(args.return_children, "r:children");
    flag(args.return_special_use, "r:special");
    if (args.return_status) {
      add("r:status");
      items(*args.return_status);
    }
    flag(!args.return_metadata.empty(), "r:metadata");
    for (const std::string& entry : args.return_metadata) add(entry);
  }
  void operator()(const StatusArgs& args) {
    name(args.mailbox);
    items(args.items);
  }
  void operator()(const AppendArgs& args) {
    name(args.mailbox);
    for (const Flag& f : args.flags) add(f);
    if (args.date) add("@" + std::to_string(args.date->unix_seconds));
    add(std::to_string(args.size));
    flag(args.utf8, "utf8");
  }
  void operator()(const SearchArgs& args) {
    by(args.by);
    if (args.return_options) {
      add("return:");
      for (const ReturnOption option : *args.return_options)
        out_ += "mxacspCUr"[static_cast<std::size_t>(option)];
    }
    if (args.partial) range(*args.partial);
    if (!args.charset.empty()) add("charset:" + args.charset);
    add("");
    program(args.program);
    flag(args.program.uses_modseq, "modseq");
  }
  void operator()(const FetchArgs& args) {
    by(args.by);
    add(args.set.to_string());
    for (const FetchAtt& att : args.items) fetch_att(att);
    if (args.changed_since) add("since:" + std::to_string(*args.changed_since));
    flag(args.vanished, "vanished");
    if (args.partial_messages) range(*args.partial_messages);
  }
  void operator()(const StoreArgs& args) {
    by(args.by);
    add(args.set.to_string());
    if (args.unchanged_since) add("unless:" + std::to_string(*args.unchanged_since));
    add(std::string(1, "=+-"[static_cast<std::size_t>(args.mode)]));
    flag(args.silent, "silent");
    for (const Flag& f : args.flags) add(f);
  }
  void operator()(const CopyArgs& args) {
    by(args.by);
    add(args.set.to_string());
    name(args.mailbox);
  }
  void operator()(const GetQuotaArgs& args) { name(args.root); }
  void operator()(const SetQuotaArgs& args) {
    name(args.root);
    for (const auto& [resource, limit] : args.limits) add(resource + "=" + std::to_string(limit));
  }
  void operator()(const CompressArgs& args) { add(args.algorithm); }
  void operator()(const GetMetadataArgs& args) {
    name(args.mailbox);
    if (args.max_size) add("max:" + std::to_string(*args.max_size));
    if (args.depth != MetadataDepth::kEntry)
      add("depth:" + std::to_string(static_cast<int>(args.depth)));
    for (const std::string& entry : args.entries) add(entry);
  }
  void operator()(const SetMetadataArgs& args) {
    name(args.mailbox);
    for (const auto& [entry, value] : args.values) add(entry + (value ? "=" + *value : " NIL"));
  }
  void operator()(const ExpungeArgs& args) {
    if (args.uids) add(args.uids->to_string());
  }
  void operator()(const UidBatchesArgs& args) {
    add(std::to_string(args.size));
    add(std::to_string(args.first) + ":" + std::to_string(args.last));
  }
  void operator()(const NotifyArgs& args) {
    if (!args.set) add("none");
    flag(args.status, "status");
    for (const NotifyGroup& group : args.groups) {
      static constexpr const char* kFilters[] = {"selected", "selected-delayed", "inboxes",
                                                 "personal", "subscribed",       "subtree",
                                                 "mailboxes"};
      add(std::string("[") + kFilters[static_cast<std::size_t>(group.filter)]);
      for (const std::string& mailbox : group.mailboxes) name(mailbox);
      static constexpr const char* kEvents[] = {"new",          "expunge",  "flags", "name",
                                                "subscription", "metadata", "server"};
      for (std::size_t i = 0; i < std::size(kEvents); ++i) {
        flag((group.events & (1U << i)) != 0, kEvents[i]);
        if (i != 0) continue;
        for (const FetchAtt& att : group.fetch) fetch_att(att);
      }
      out_ += ']';
    }
    flag(args.bad_event, "badevent");
    flag(args.overflow, "overflow");
  }
  void operator()(const SortArgs& args) {
    static constexpr const char* kNames[] = {"ARRIVAL",   "CC",       "DATE", "FROM",
                                             "SIZE",      "SUBJECT",  "TO",   "DISPLAYFROM",
                                             "DISPLAYTO", "RELEVANCY"};
    for (const SortCriterion& criterion : args.criteria)
      add((criterion.reverse ? "-" : "+") +
          std::string(kNames[static_cast<std::size_t>(criterion.key)]));
    (*this)(args.search);
  }
  void operator()(const ThreadArgs& args) {
    static constexpr const char* kNames[] = {"ORDEREDSUBJECT", "REFERENCES", "REFS"};
    add(kNames[static_cast<std::size_t>(args.algorithm)]);
    (*this)(args.search);
  }
  void operator()(const EsearchArgs& args) {
    static constexpr const char* kNames[] = {"selected", "inboxes",     "personal", "subscribed",
                                             "subtree",  "subtree-one", "mailboxes"};
    if (args.sources) add("in:");
    for (const MailboxFilter& filter : args.sources.value_or(std::vector<MailboxFilter>())) {
      add(kNames[static_cast<std::size_t>(filter.kind)]);
      for (const std::string& mailbox : filter.names) name(mailbox);
    }
    (*this)(args.search);
  }
  void operator()(const CancelUpdateArgs& args) {
    for (const std::string& tag : args.tags) add(tag);
  }
  void operator()(const LanguageArgs& args) {
    for (const std::string& range : args.ranges) add(range);
  }

 private:
  void add(const std::string& word) {
    out_ += ' ';
    out_ += word;
  }
  void name(const std::string& mailbox) { add("'" + mailbox + "'"); }
  void flag(bool set, const char* word) {
    if (set) add(word);
  }
  void range(const PartialRange& partial) {
    const std::string sign = partial.from_end ? "-" : "";
    add(sign + std::to_string(partial.first) + ":" + sign + std::to_string(partial.last));
  }
  void by(Addressing addressing) { flag(addressing == Addressing::kUid, "uid"); }
  void items(const std::vector<StatusItem>& list) {
    for (const StatusItem item : list) add(std::string(to_string(item)));
  }
  void fetch_att(const FetchAtt& att) {
    static constexpr const char* kNames[] = {
        "ENVELOPE",    "FLAGS",       "INTERNALDATE",  "RFC822",  "RFC822.HEADER", "RFC822.SIZE",
        "RFC822.TEXT", "BODY",        "BODYSTRUCTURE", "UID",     "MODSEQ",        "BODY",
        "BINARY",      "BINARY.SIZE", "SAVEDATE",      "EMAILID", "THREADID",      "PREVIEW"};
    add(kNames[static_cast<std::size_t>(att.item)]);
    if (att.peek) out_ += ".PEEK";
    if (att.lazy) out_ += "(LAZY)";
    const bool section = att.item == FetchItem::kBodySection || att.item == FetchItem::kBinary ||
                         att.item == FetchItem::kBinarySize;
    if (section) append_section(out_, att.section, att.partial);
    if (att.partial) out_ += "+" + std::to_string(att.partial->length);
  }
  void program(const SearchProgram& program) {
    static constexpr const char* kNames[] = {
        "&",           "|",          "!",          "ALL",
        "ANSWERED",    "DELETED",    "DRAFT",      "FLAGGED",
        "NEW",         "OLD",        "RECENT",     "SEEN",
        "UNANSWERED",  "UNDELETED",  "UNDRAFT",    "UNFLAGGED",
        "UNSEEN",      "BCC",        "BODY",       "CC",
        "FROM",        "SUBJECT",    "TEXT",       "TO",
        "KEYWORD",     "UNKEYWORD",  "HEADER",     "LARGER",
        "SMALLER",     "MODSEQ",     "BEFORE",     "ON",
        "SINCE",       "SENTBEFORE", "SENTON",     "SENTSINCE",
        "SEQ",         "UID",        "OLDER",      "YOUNGER",
        "SAVEDBEFORE", "SAVEDON",    "SAVEDSINCE", "SAVEDATESUPPORTED",
        "EMAILID",     "THREADID"};
    const char* separator = "";
    for (const SearchNode& node : program.nodes) {
      out_ += separator;
      separator = " ";
      if (node.fuzzy) out_ += '~';
      out_ += kNames[static_cast<std::size_t>(node.op)];
      if (node.op == SearchOp::kAnd || node.op == SearchOp::kOr) out_ += std::to_string(node.count);
      if (!node.name.empty()) out_ += ":" + node.name;
      if (node.op >= SearchOp::kBcc && node.op <= SearchOp::kHeader) out_ += "=" + node.text;
      if (node.op >= SearchOp::kLarger && node.op <= SearchOp::kModSeq)
        out_ += "=" + std::to_string(node.number);
      if (node.op >= SearchOp::kBefore && node.op <= SearchOp::kSentSince)
        out_ += "=" + std::to_string(node.date);
      if (node.op == SearchOp::kSeqSet || node.op == SearchOp::kUid)
        out_ += "=" + node.set.to_string();
      if (node.op == SearchOp::kOlder || node.op == SearchOp::kYounger)
        out_ += "=" + std::to_string(node.number);
      if (node.op >= SearchOp::kSavedBefore && node.op <= SearchOp::kSavedSince)
        out_ += "=" + std::to_string(node.date);
      if (node.op == SearchOp::kEmailId || node.op == SearchOp::kThreadId) out_ += "=" + node.text;
    }
  }

  std::string out_;
};

}  // namespace postern::imap
