#include "session/progress.h"

#include "base/quote.h"
#include "imap/encoder.h"

namespace postern::session {

Progress::Progress(Context& context, std::string_view tag)
    : context_(context), next_(context.services.clock.now() + kInterval) {
  // RFC 9585 §4: a tag with "]" would end the response code.
  if (tag.find(']') == std::string_view::npos) {
    append_quoted(tag_, tag);
  } else {
    tag_ = "NIL";
  }
}

bool Progress::due() {
  return context_.entry->close_reason() != CloseReason::kNone || context_.out.failed() ||
         context_.services.clock.now() >= next_;
}

task<bool> Progress::report(std::uint64_t done, std::uint64_t total) {
  if (context_.entry->close_reason() != CloseReason::kNone || context_.out.failed())
    co_return false;
  next_ = context_.services.clock.now() + kInterval;
  std::string& out = context_.out.buffer();
  out += "* OK [INPROGRESS (";
  out += tag_;
  out += ' ';
  imap::append_number(out, done);
  out += ' ';
  // The goal is greater than the progress, or not told.
  if (total > done) {
    imap::append_number(out, total);
  } else {
    out += "NIL";
  }
  out += ")] Still working.\r\n";
  co_return co_await context_.out.flush();
}

}  // namespace postern::session
