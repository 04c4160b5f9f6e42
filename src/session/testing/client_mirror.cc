#include "session/testing/client_mirror.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern::session {
namespace {

std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + word.size());
  return parse_decimal<std::uint64_t>(text.substr(0, text.find_first_not_of("0123456789")));
}

}  // namespace

std::optional<ModelUids> parse_numbers(std::string_view text) {
  ModelUids numbers;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    const std::size_t colon = item.find(':');
    const auto first = parse_decimal<std::uint32_t>(item.substr(0, colon));
    const auto last = colon == std::string_view::npos
                          ? first
                          : parse_decimal<std::uint32_t>(item.substr(colon + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    for (std::uint32_t n = *first; n <= *last; ++n) numbers.push_back(n);
    text.remove_prefix(std::min(text.size(), item.size() + 1));
  }
  return numbers;
}

std::string to_set(const ModelUids& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(numbers[i]);
    if (end - i > 1) text += ':' + std::to_string(numbers[end - 1]);
    i = end;
  }
  return text;
}

void ClientMirror::open(std::map<std::uint32_t, Told> cached) {
  uids.clear();
  known = std::move(cached);
}

bool ClientMirror::complain(std::string_view what, std::string_view text) {
  error = std::string(what) + ": " + std::string(text);
  return false;
}

bool ClientMirror::take(std::string_view answer, std::string_view tag, const ModelUids& newer) {
  tagged.clear();
  rest.clear();
  expunged = false;
  fetched.clear();
  flags_told.clear();
  earlier.clear();
  found.reset();
  status.clear();
  other.clear();
  error.clear();
  while (!answer.empty()) {
    const std::size_t end = answer.find("\r\n");
    if (end == std::string_view::npos) return complain("half a line", answer);
    const std::string_view text = answer.substr(0, end);
    answer.remove_prefix(end + 2);
    if (!tag.empty() && text.starts_with(tag) && text.substr(tag.size()).starts_with(' ')) {
      tagged = text.substr(tag.size() + 1);
      if (const auto modseq = number_after(tagged, "[HIGHESTMODSEQ ")) resume = *modseq;
      rest = answer;
      return true;
    }
    if (!line(text, newer)) return false;
  }
  return tag.empty() || complain("no tagged answer", tag);
}

bool ClientMirror::line(std::string_view text, const ModelUids& newer) {
  if (!text.starts_with("* ")) {
    other.emplace_back(text);
    return true;
  }
  const std::string_view body = text.substr(2);
  if (body.starts_with("VANISHED ")) return vanished(body.substr(9)) || complain("VANISHED", text);
  if (body.starts_with("STATUS ")) {
    status.emplace_back(body);
    return true;
  }
  if (body.starts_with("ESEARCH ")) {
    const std::size_t all = body.find(" ALL ");
    found = all == std::string_view::npos ? ModelUids() : parse_numbers(body.substr(all + 5));
    return found.has_value() || complain("ESEARCH", text);
  }
  if (const auto modseq = number_after(body, "OK [HIGHESTMODSEQ ")) resume = *modseq;
  const std::size_t space = body.find(' ');
  const auto number = parse_decimal<std::uint32_t>(body.substr(0, space));
  if (!number || space == std::string_view::npos) {
    other.emplace_back(text);
    return true;
  }
  const std::string_view what = body.substr(space + 1);
  if (what == "EXISTS") return exists(*number, newer) || complain("EXISTS", text);
  if (what == "EXPUNGE") {
    expunged = true;
    if (*number == 0 || *number > uids.size()) return complain("EXPUNGE", text);
    known.erase(uids[*number - 1]);
    uids.erase(uids.begin() + (*number - 1));
    return true;
  }
  if (what.starts_with("FETCH (")) return fetch(*number, what) || complain("FETCH", text);
  return true;
}

bool ClientMirror::exists(std::uint32_t count, const ModelUids& newer) {
  if (count < uids.size()) return false;
  const std::uint32_t last = uids.empty() ? 0 : uids.back();
  for (const std::uint32_t uid : newer) {
    if (uids.size() == count) break;
    if (uid > last) uids.push_back(uid);
  }
  return uids.size() == count;
}

bool ClientMirror::fetch(std::uint32_t seq, std::string_view items) {
  if (seq == 0 || seq > uids.size()) return false;
  const std::uint32_t uid = uids[seq - 1];
  if (const auto told = number_after(items, "UID "); told && *told != uid) return false;
  fetched.push_back(seq);
  Told& entry = known[uid];
  if (const std::size_t at = items.find("FLAGS ("); at != std::string_view::npos) {
    const std::string_view list = items.substr(at + 7, items.find(')', at) - at - 7);
    std::uint8_t flags = 0;
    for (std::size_t i = 0; i < std::size(kModelFlags); ++i) {
      if (list.find(kModelFlags[i]) != std::string_view::npos)
        flags = static_cast<std::uint8_t>(flags | (1U << i));
    }
    entry.flags = flags;
    flags_told[uid].push_back(flags);
  }
  if (const auto modseq = number_after(items, "MODSEQ (")) {
    entry.modseq = *modseq;
    resume = std::max(resume, *modseq);
  }
  return true;
}

bool ClientMirror::vanished(std::string_view text) {
  const bool old = text.starts_with("(EARLIER) ");
  if (old) text.remove_prefix(10);
  const auto numbers = parse_numbers(text);
  if (!numbers) return false;
  if (old) {
    earlier.insert(numbers->begin(), numbers->end());
    for (const std::uint32_t uid : *numbers) {
      known.erase(uid);
      if (std::find(uids.begin(), uids.end(), uid) != uids.end()) return false;
    }
    return true;
  }
  expunged = true;
  for (const std::uint32_t uid : *numbers) {
    const auto at = std::find(uids.begin(), uids.end(), uid);
    if (at == uids.end()) return false;
    uids.erase(at);
    known.erase(uid);
  }
  return true;
}

}  // namespace postern::session
