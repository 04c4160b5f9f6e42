#include "session/input.h"

#include <algorithm>

#include "crypto/secret.h"

namespace postern::session {

Input::Input(Transport& transport, Clock& clock, Output& out, SessionEntry& entry, Duration stall)
    : transport_(&transport), clock_(clock), out_(out), entry_(entry), stall_(stall) {}

Input::~Input() {
  give_back();
}

task<Input::Event> Input::next(Patience patience) {
  while (true) {
    // Fed without bytes too: an action may need none.
    const imap::Framer::Action action = framer_.feed(pending_);
    if (action != imap::Framer::Action::kNeedMore) co_return to_event(action);
    if (!co_await out_.flush()) co_return Event::kClosed;
    const TimePoint now = clock_.now();
    const bool idle = framer_.idle();
    if (idle) {
      framer_.release_memory();
      give_back();
      out_.release_memory();
    }
    const TimePoint deadline = std::min(idle ? patience.idle_until : now + stall_, patience.total);
    entry_.set_waiting(true, now);
    const auto woken = co_await transport_->wait(&entry_.wake, deadline);
    entry_.set_waiting(false, clock_.now());
    if (!woken) co_return Event::kClosed;
    if (*woken == Transport::Wake::kDeadline) co_return Event::kDeadline;
    if (*woken == Transport::Wake::kSignal) {
      static_cast<void>(entry_.wake.take());
      co_return Event::kSignal;
    }
    if (secret_) give_back();
    buffer_.resize(kBuffer);
    const auto got = co_await transport_->read(buffer_, deadline);
    if (!got) co_return got.error().code == Errc::kTimeout ? Event::kDeadline : Event::kClosed;
    if (*got == 0) co_return Event::kClosed;
    bytes_ += *got;
    pending_ = std::string_view(buffer_).substr(0, *got);
  }
}

Input::Event Input::to_event(imap::Framer::Action action) {
  switch (action) {
    case imap::Framer::Action::kCommand:
      return Event::kCommand;
    case imap::Framer::Action::kLine:
      return Event::kLine;
    case imap::Framer::Action::kLiteral:
      return Event::kLiteral;
    case imap::Framer::Action::kStreamBytes:
      return Event::kStreamBytes;
    case imap::Framer::Action::kStreamEnd:
      return Event::kStreamEnd;
    case imap::Framer::Action::kSkipped:
      return Event::kSkipped;
    case imap::Framer::Action::kNeedMore:
    case imap::Framer::Action::kBad:
      break;
  }
  return Event::kBad;
}

void Input::give_back() {
  if (secret_) crypto::wipe(buffer_);
  secret_ = false;
  std::string().swap(buffer_);
}

}  // namespace postern::session
