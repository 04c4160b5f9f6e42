// Base subject extraction (RFC 5256 §2.1 and the grammar of §5). Linear in the subject.
#pragma once

#include <string>
#include <string_view>

namespace postern::search {

struct BaseSubject {
  std::string text;
  // RFC 5256 §3 REFERENCES: the extraction removed a subj-refwd, a "(fwd)" trailer or a "[fwd: ]".
  bool reply_or_forward = false;
};

// `subject`: UTF-8, encoded words decoded.
[[nodiscard]] BaseSubject base_subject(std::string_view subject);

}  // namespace postern::search
