// HTML to plain text, for previews and body search: tags, comments and the contents of script,
// style and head elements fall away, entities become characters. Never an error; linear.
#pragma once

#include <string>
#include <string_view>

namespace postern::mime {

[[nodiscard]] std::string html_to_text(std::string_view utf8);

}  // namespace postern::mime
