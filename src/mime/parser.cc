#include "mime/parser.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "mime/attachment.h"
#include "mime/body_structure.h"
#include "mime/boundary.h"
#include "mime/content.h"
#include "mime/date.h"
#include "mime/envelope.h"
#include "mime/fields.h"
#include "mime/lexer.h"
#include "mime/limits.h"
#include "mime/preview.h"

namespace postern::mime {

// The pass works on lines and keeps of them only what decides something: the first octets of a line
// that may be a boundary or an empty line, and the header field being read.
//
// State: `open_` is the path from parts[0] to the part that owns the bytes now. That part is in its
// header (in_header_) or in its body; a multipart's body between its children is preamble and
// epilogue.
struct MessageParser::Impl {
  Impl() { begin_part(0); }

  void feed(std::string_view bytes);
  MessageInfo finish();
  [[nodiscard]] bool has_attachment() const { return attachment_; }

 private:
  enum class LineKind { kUndecided, kText, kEmpty, kDelimiter };

  // Lines.
  LineKind classify(std::string_view prefix, bool whole) const;
  [[nodiscard]] std::size_t prefix_needed() const { return boundaries_.longest() + 4; }
  void line_start(std::string_view prefix, bool whole);
  void text(std::string_view piece);
  void advance(std::string_view piece);

  // Parts.
  void begin_part(std::uint32_t parent);
  void begin_child_part(std::uint32_t parent);
  // A header ends with an empty line, or is cut off by a delimiter or the end: no body follows
  // then.
  enum class HeaderEnd { kEmptyLine, kCutOff };
  void end_header(std::uint64_t body_begin, HeaderEnd how);
  void descend(std::uint32_t index, HeaderEnd how);
  void close_from(std::size_t level, std::uint64_t end, std::uint64_t newlines);
  void delimiter(BoundarySet::Match match, bool closes);
  [[nodiscard]] bool inside_message() const;

  // Fields.
  void header_piece(std::string_view piece, bool starts_line);
  void end_field();
  void top_field(std::string_view name, const FieldView& field);
  [[nodiscard]] bool at_message_header() const;

  void consider_preview(const PartInfo& part);
  void finish_info();

  MessageInfo info_;
  std::vector<PartText> texts_;               // one per part
  std::vector<std::uint64_t> first_newline_;  // newlines_ where the part's body began
  std::vector<std::uint32_t> open_;
  BoundarySet boundaries_;  // levels are indices into open_
  StructureBudget budget_;
  bool frozen_ = false;  // a limit was reached: no more parts

  std::uint64_t offset_ = 0;    // octets consumed
  std::uint64_t newlines_ = 0;  // LFs among them
  std::uint32_t last_eol_ = 0;  // length of the line end before the current line: 0, 1 or 2
  bool last_was_cr_ = false;
  bool in_line_ = false;  // the line's kind is decided, its rest follows
  LineKind kind_ = LineKind::kText;
  std::string pending_;      // start of an undecided line
  bool opens_part_ = false;  // the line is a delimiter: the next one starts a part of open_.back()

  bool in_header_ = true;
  std::size_t header_octets_ = 0;
  std::string field_;
  bool field_cut_ = false;
  ContentFields content_;
  EnvelopeBuilder envelope_;
  std::optional<MailDate> date_;

  PreviewSource plain_, html_;
  bool has_plain_ = false, has_html_ = false;
  bool attachment_ = false;
  PreviewSource* capture_ = nullptr;
  std::size_t capture_limit_ = 0;
};

// ---- lines
// ----------------------------------------------------------------------------------------

MessageParser::Impl::LineKind MessageParser::Impl::classify(std::string_view prefix,
                                                            bool whole) const {
  if (in_header_) {
    if (prefix == "\n" || prefix == "\r\n") return LineKind::kEmpty;
    if (prefix == "\r" && !whole) return LineKind::kUndecided;
  }
  if (boundaries_.empty() || frozen_) return LineKind::kText;
  if (prefix.size() < 2) return prefix == "-" && !whole ? LineKind::kUndecided : LineKind::kText;
  if (!prefix.starts_with("--")) return LineKind::kText;
  if (prefix.size() < prefix_needed() && !whole) return LineKind::kUndecided;
  return boundaries_.find(prefix.substr(2)).has_value() ? LineKind::kDelimiter : LineKind::kText;
}

// Acts on the kind of the line that begins with `prefix`, and consumes the prefix.
void MessageParser::Impl::line_start(std::string_view prefix, bool whole) {
  kind_ = classify(prefix, whole);
  if (kind_ == LineKind::kDelimiter) {
    const auto match = boundaries_.find(prefix.substr(2));
    const bool closes = prefix.substr(2 + match->length).starts_with("--");
    if (!closes && info_.parts.size() >= kMaxParts) {
      frozen_ = true;
      kind_ = LineKind::kText;
    } else {
      delimiter(*match, closes);
    }
  }
  in_line_ = true;
  if (kind_ == LineKind::kText && in_header_) header_piece(prefix, true);
  text(prefix);
}

// Consumes a piece of the current line, which ends with the line's LF or before it.
void MessageParser::Impl::text(std::string_view piece) {
  if (kind_ == LineKind::kText && !in_header_ && capture_ != nullptr) {
    std::string& bytes = capture_->bytes;
    bytes += piece.substr(0, capture_limit_ - bytes.size());
    if (bytes.size() >= capture_limit_) capture_ = nullptr;
  }
  advance(piece);
  if (!piece.ends_with('\n')) return;
  in_line_ = false;
  if (kind_ == LineKind::kEmpty) {
    end_field();
    end_header(offset_, HeaderEnd::kEmptyLine);
  } else if (opens_part_) {
    opens_part_ = false;
    begin_child_part(open_.back());
  }
}

void MessageParser::Impl::advance(std::string_view piece) {
  if (piece.empty()) return;
  offset_ += piece.size();
  if (piece.back() == '\n') {
    ++newlines_;
    const bool cr = piece.size() > 1 ? piece[piece.size() - 2] == '\r' : last_was_cr_;
    last_eol_ = cr ? 2 : 1;
  }
  last_was_cr_ = piece.back() == '\r';
}

void MessageParser::Impl::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, lf == bytes.npos ? bytes.size() : lf + 1);
    bytes.remove_prefix(piece.size());
    const bool ends = lf != bytes.npos && piece.ends_with('\n');
    if (in_line_) {
      if (kind_ == LineKind::kText && in_header_) header_piece(piece, false);
      text(piece);
    } else if (pending_.empty() && (ends || classify(piece, false) != LineKind::kUndecided)) {
      line_start(piece, ends);
    } else {
      // Undecided so far: at most prefix_needed() octets and one fed piece are held.
      pending_ += piece;
      if (!ends && classify(pending_, false) == LineKind::kUndecided) continue;
      const std::string line = std::exchange(pending_, {});
      line_start(line, ends);
    }
  }
}

// ---- parts
// ----------------------------------------------------------------------------------------

void MessageParser::Impl::begin_part(std::uint32_t parent) {
  PartInfo& part = info_.parts.emplace_back();
  part.parent = parent;
  part.header_begin = offset_;
  texts_.emplace_back();
  first_newline_.push_back(newlines_);
  open_.push_back(static_cast<std::uint32_t>(info_.parts.size() - 1));
  in_header_ = true;
  content_ = ContentFields();
  envelope_ = EnvelopeBuilder();
  capture_ = nullptr;
}

void MessageParser::Impl::begin_child_part(std::uint32_t parent) {
  info_.parts[parent].children.push_back(static_cast<std::uint32_t>(info_.parts.size()));
  begin_part(parent);
}

bool MessageParser::Impl::at_message_header() const {
  return open_.size() == 1 || info_.parts[open_[open_.size() - 2]].message;
}

bool MessageParser::Impl::inside_message() const {
  return std::any_of(open_.begin(), open_.end() - 1,
                     [this](std::uint32_t i) { return info_.parts[i].message; });
}

void MessageParser::Impl::end_header(std::uint64_t body_begin, HeaderEnd how) {
  in_header_ = false;
  const std::uint32_t index = open_.back();
  PartInfo& part = info_.parts[index];
  part.body_begin = part.body_end = body_begin;
  first_newline_[index] = newlines_;
  if (content_.type.has_value()) {
    part.type = content_.type->type;
    part.subtype = content_.type->subtype;
    if (const auto charset = parameter_value(content_.type->parameters, "charset")) {
      part.charset = to_lower(trim(*charset)).substr(0, kMaxTypeName);
    }
  } else if (open_.size() > 1 && info_.parts[part.parent].multipart &&
             info_.parts[part.parent].subtype == "digest") {
    // RFC 2046 §5.1.5: the default inside multipart/digest.
    part.type = "message";
    part.subtype = "rfc822";
  } else {
    part.type = "text";
    part.subtype = "plain";
  }
  if (content_.encoding.has_value()) part.encoding = to_encoding(*content_.encoding);
  if (at_message_header()) texts_[index].envelope = envelope_.build();
  descend(index, how);
}

// Decides what the part whose header just ended holds.
void MessageParser::Impl::descend(std::uint32_t index, HeaderEnd how) {
  PartInfo& part = info_.parts[index];
  const bool room = open_.size() < kMaxDepth && info_.parts.size() < kMaxParts && !frozen_;
  const bool has_body = how == HeaderEnd::kEmptyLine;
  const bool wants_message =
      part.type == "message" && (part.subtype == "rfc822" || part.subtype == "global");
  std::string boundary;
  if (part.type == "multipart") {
    const auto declared = content_.type.has_value()
                              ? parameter_value(content_.type->parameters, "boundary")
                              : std::nullopt;
    // RFC 2046 §5.1.1: a boundary never ends with a blank; gateways add and remove such blanks.
    if (declared.has_value()) boundary = declared->substr(0, declared->find_last_not_of(" \t") + 1);
    if (boundary.size() > kMaxBoundary) boundary.clear();
    if (!room || boundary.empty()) {
      // Without a boundary the reader gets the text as it stands; below the deepest level, octets.
      part.type = room ? "text" : "application";
      part.subtype = room ? "plain" : "octet-stream";
    }
    part.multipart =
        !boundary.empty() && room;  // without a body it ends as text/plain in close_from()
  } else if (wants_message) {
    // RFC 2046 §5.2.1 forbids an encoding here; an encoded message is left closed.
    part.message = room && has_body && part.encoding == Encoding::kIdentity;
    if (!room) {
      part.type = "application";
      part.subtype = "octet-stream";
    }
  }
  std::string envelope = std::move(texts_[index].envelope);
  texts_[index] = budget_.describe(content_, part);
  // The envelope of parts[0] stands outside of BODYSTRUCTURE and is not charged to it.
  texts_[index].envelope = open_.size() == 1 || envelope.empty()
                               ? std::move(envelope)
                               : budget_.admit_envelope(std::move(envelope));
  // What lies in an attached message is the attachment's.
  if (!inside_message() && is_attachment(part, info_.parts[part.parent], content_.disposition))
    attachment_ = true;
  if (part.multipart) {
    boundaries_.open(std::move(boundary), open_.size() - 1);
  } else if (part.message) {
    begin_child_part(index);
  } else {
    consider_preview(part);
  }
}

// Ends the parts open_[level...] at `end`, which is where the last of their octets ends; `newlines`
// of them lie before it.
void MessageParser::Impl::close_from(std::size_t level, std::uint64_t end, std::uint64_t newlines) {
  if (in_header_ && open_.size() > level) {
    end_field();
    end_header(end, HeaderEnd::kCutOff);
  }
  while (open_.size() > level) {
    const std::uint32_t index = open_.back();
    open_.pop_back();
    PartInfo& part = info_.parts[index];
    // RFC 2046 §5.1.1 body-part: a header right before a delimiter has no body, and the empty line
    // between them is the line end that belongs to the delimiter.
    part.header_begin = std::min(part.header_begin, end);
    part.body_begin = std::min(part.body_begin, end);
    part.body_end = end;
    part.lines = part.body_end == part.body_begin ? 0 : newlines - first_newline_[index];
    if (part.multipart && part.children.empty()) {
      // No delimiter came: the reader gets the text as it stands.
      part.multipart = false;
      part.type = "text";
      part.subtype = "plain";
      std::string envelope = std::move(texts_[index].envelope);
      texts_[index] = describe_plain_text(part.encoding);
      texts_[index].envelope = std::move(envelope);
    }
  }
  boundaries_.close_from(level);
  capture_ = nullptr;
}

// A delimiter line begins at offset_. RFC 2046 §5.1.1: the line end before it belongs to it.
void MessageParser::Impl::delimiter(BoundarySet::Match match, bool closes) {
  close_from(match.level + 1, offset_ - last_eol_, last_eol_ == 0 ? newlines_ : newlines_ - 1);
  in_header_ = false;
  if (closes) {
    boundaries_.close_from(match.level);
  } else {
    opens_part_ = true;
  }
}

// ---- fields
// ---------------------------------------------------------------------------------------

void MessageParser::Impl::header_piece(std::string_view piece, bool starts_line) {
  if (starts_line && !piece.empty() && piece.front() != ' ' && piece.front() != '\t') end_field();
  const std::size_t room =
      std::min(kMaxFieldBytes - field_.size(), kMaxHeaderBytes - header_octets_);
  if (piece.size() > room) field_cut_ = true;
  field_ += piece.substr(0, room);
  header_octets_ = std::min(kMaxHeaderBytes, header_octets_ + piece.size());
  // What follows cannot be described any more: the structure stays as it is.
  if (field_cut_ && header_octets_ == kMaxHeaderBytes) frozen_ = true;
}

void MessageParser::Impl::end_field() {
  const std::string raw = std::exchange(field_, {});
  const bool cut = std::exchange(field_cut_, false);
  if (cut && open_.size() == 1) info_.hot_header_complete = false;
  if (raw.empty()) return;
  const FieldView field = split_field(raw);
  if (field.name.empty()) return;
  const std::string name = to_lower(field.name);
  content_.add(name, field.value);
  if (at_message_header()) envelope_.add(name, field.value);
  if (open_.size() == 1 && !cut) top_field(name, field);
}

void MessageParser::Impl::top_field(std::string_view name, const FieldView& field) {
  if (name == "date" && !date_.has_value()) date_ = parse_date(unfold(field.value));
  if (!is_hot_field(name)) return;
  if (info_.hot_header.size() + field.raw.size() > kMaxHotHeader) {
    info_.hot_header_complete = false;
    return;
  }
  info_.hot_header += field.raw;
}

// ---- the end
// --------------------------------------------------------------------------------------

// The preview is made from the first text/plain part, else the first text/html part, of the message
// itself.
void MessageParser::Impl::consider_preview(const PartInfo& part) {
  if (part.type != "text" || inside_message()) return;
  if (content_.disposition.has_value() && content_.disposition->kind == "attachment") return;
  const bool html = part.subtype == "html";
  bool& taken = html ? has_html_ : has_plain_;
  if (taken || (!html && part.subtype != "plain")) return;
  taken = true;
  capture_ = html ? &html_ : &plain_;
  capture_->encoding = part.encoding;
  capture_->charset = part.charset;
  capture_->html = html;
  capture_limit_ = html ? kHtmlCapture : kPlainCapture;
}

void MessageParser::Impl::finish_info() {
  info_.size = offset_;
  info_.envelope = std::move(texts_[0].envelope);
  info_.body = render_structure(info_.parts, texts_, StructureForm::kBody);
  info_.body_structure = render_structure(info_.parts, texts_, StructureForm::kBodyStructure);
  if (has_plain_) info_.preview = make_preview(plain_);
  if (info_.preview.empty() && has_html_) info_.preview = make_preview(html_);
  if (date_.has_value()) {
    info_.sent_unix = date_->unix_seconds;
    info_.sent_day = date_->day;
    info_.has_sent_day = true;
  }
}

MessageInfo MessageParser::Impl::finish() {
  if (!pending_.empty()) {
    const std::string line = std::exchange(pending_, {});
    line_start(line, true);
  }
  // A delimiter without a line end still starts a part, an empty one.
  if (std::exchange(opens_part_, false)) begin_child_part(open_.back());
  close_from(0, offset_, newlines_);
  finish_info();
  return std::move(info_);
}

MessageParser::MessageParser() : impl_(std::make_unique<Impl>()) {}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

void MessageParser::feed(std::string_view bytes) {
  impl_->feed(bytes);
}
MessageInfo MessageParser::finish() {
  return impl_->finish();
}
bool MessageParser::has_attachment() const {
  return impl_->has_attachment();
}

MessageInfo parse_message(std::string_view whole) {
  MessageParser parser;
  parser.feed(whole);
  return parser.finish();
}

}  // namespace postern::mime
