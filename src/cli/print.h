// How account data looks on a terminal.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace postern::cli {

// "1.5 GiB", "12 bytes"; "?" for what is no number.
[[nodiscard]] std::string size_text(const boost::json::value* bytes);
// One line an account, aligned.
[[nodiscard]] std::string account_table(const boost::json::array& accounts);
// One line a field.
[[nodiscard]] std::string account_details(const boost::json::object& account);

}  // namespace postern::cli
