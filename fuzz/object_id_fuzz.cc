// Object ids: an EMAILID that is read is the one that is made; a THREADID has its form whatever a
// message's header says, and says the same twice.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "mailstore/object_id.h"

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  constexpr AccountId kAccount(1);
  if (const auto email = mailstore::parse_email_object_id(kAccount, in)) {
    if (mailstore::email_object_id(kAccount, *email) != in) __builtin_trap();
  }
  mime::MessageInfo info;
  info.hot_header = in;
  const std::string thread = mailstore::thread_object_id(kAccount, EmailId(1), info);
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  if (thread.empty() || thread.size() > 255 ||
      !std::all_of(thread.begin(), thread.end(), allowed) ||
      thread != mailstore::thread_object_id(kAccount, EmailId(1), info)) {
    __builtin_trap();
  }
  return 0;
}
