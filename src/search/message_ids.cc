#include "search/message_ids.h"

#include <utility>

#include "mime/lexer.h"

namespace postern::search {
namespace {

class IdReader {
 public:
  explicit IdReader(std::string_view text) : in_(text) {}

  // The next valid ID; "" at the end. Words between IDs, as In-Reply-To has them, are passed over.
  std::string next() {
    for (in_.until("<"); in_.accept('<'); in_.until("<")) {
      std::string id = inside();
      if (!id.empty()) return id;
    }
    return {};
  }

 private:
  // Behind "<". A further "<" begins anew. "" when it is no ID.
  std::string inside() {
    std::string id;
    std::size_t host_at = 0;  // behind "@"
    bool valid = true;
    while (!in_.at_end()) {
      // Not comments: mail in the wild has parentheses in its IDs, and they tell IDs apart.
      in_.skip_blanks();
      const char c = in_.peek();
      if (c == '<') return {};
      if (c == '>') {
        in_.skip();
        valid = valid && host_at > 1 && host_at < id.size();
        return valid ? std::move(id) : std::string();
      }
      if (c == '"') {
        id += in_.quoted();
      } else if (c == '@' && host_at == 0) {
        in_.skip();
        id += '@';
        host_at = id.size();
      } else if (!in_.at_end()) {
        id += c;
        in_.skip();
      }
      valid = valid && id.size() <= kMaxMessageId;
      if (!valid) id.clear();
    }
    return {};
  }

  mime::Lexer in_;
};

}  // namespace

std::string first_message_id(std::string_view unfolded) {
  return IdReader(unfolded).next();
}

std::vector<std::string> message_ids(std::string_view unfolded) {
  std::vector<std::string> ids;
  IdReader reader(unfolded);
  std::size_t oldest = 1;  // of those behind the first, which are a ring once they are too many
  for (std::string id = reader.next(); !id.empty(); id = reader.next()) {
    if (ids.size() < kMaxReferences) {
      ids.push_back(std::move(id));
      continue;
    }
    ids[oldest] = std::move(id);
    oldest = oldest + 1 == kMaxReferences ? 1 : oldest + 1;
  }
  if (oldest != 1) {
    std::vector<std::string> ordered;
    ordered.reserve(ids.size());
    ordered.push_back(std::move(ids[0]));
    for (std::size_t i = oldest; i < ids.size(); ++i) ordered.push_back(std::move(ids[i]));
    for (std::size_t i = 1; i < oldest; ++i) ordered.push_back(std::move(ids[i]));
    ids = std::move(ordered);
  }
  return ids;
}

}  // namespace postern::search
