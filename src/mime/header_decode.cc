// RFC 2047 encoded words in header text.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "mime/decode.h"
#include "mime/fields.h"
#include "mime/lexer.h"

namespace postern::mime {
namespace {

constexpr std::size_t kLongestCharset = 64;  // with a language suffix (RFC 2231 §5)

struct Word {
  std::string_view charset;  // without language
  bool base64 = false;
  std::string_view text;
  std::size_t length = 0;  // of the whole word
};

// The encoded word at the start of `text`, which begins with "=?". Text may hold blanks in the Q
// encoding: senders forget to encode them. Looks no further than the first '?' of the text, so that
// a run of false starts stays linear.
std::optional<Word> parse_word(std::string_view text) {
  Word word;
  const std::size_t charset_end = text.substr(0, 2 + kLongestCharset + 1).find('?', 2);
  if (charset_end == text.npos || charset_end == 2) return std::nullopt;
  word.charset = text.substr(2, charset_end - 2);
  word.charset = word.charset.substr(0, word.charset.find('*'));
  std::size_t at = charset_end + 1;
  if (at + 1 >= text.size() || text[at + 1] != '?') return std::nullopt;
  const char encoding = ascii_lower(text[at]);
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  word.base64 = encoding == 'b';
  at += 2;
  const std::size_t end = text.find('?', at);
  if (end == text.npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  word.text = text.substr(at, end - at);
  word.length = end + 2;
  return word;
}

int hex_value(char c) {
  if (ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_octets(const Word& word, std::string& out) {
  if (word.base64) {
    TransferDecoder decoder(Encoding::kBase64);
    decoder.feed(word.text, out);
    decoder.finish(out);
    return;
  }
  for (std::size_t i = 0; i < word.text.size(); ++i) {
    const char c = word.text[i];
    if (c == '_') {
      out += ' ';
    } else if (c == '=' && i + 2 < word.text.size() && hex_value(word.text[i + 1]) >= 0 &&
               hex_value(word.text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(word.text[i + 1]) * 16 + hex_value(word.text[i + 2]));
      i += 2;
    } else {
      out += c;
    }
  }
}

class Decoder {
 public:
  explicit Decoder(std::string_view text) : text_(text) {}

  std::string run() {
    while (!text_.empty()) {
      const std::size_t start = std::min(text_.find("=?"), text_.size());
      plain(text_.substr(0, start));
      text_.remove_prefix(start);
      if (text_.empty()) break;
      const auto word = parse_word(text_);
      if (word.has_value() && known_charset(word->charset)) {
        encoded(*word);
        text_.remove_prefix(word->length);
      } else {
        plain(text_.substr(0, 2));
        text_.remove_prefix(2);
      }
    }
    end_run();
    end_plain();
    return std::move(out_);
  }

 private:
  // RFC 2047 §6.2: blanks between two encoded words are not shown, so blanks after a word wait.
  void plain(std::string_view text) {
    if (text.empty()) return;
    const bool blank = trim(text).empty();
    if (in_run_ && blank) {
      blanks_ += text;
      return;
    }
    end_run();
    plain_ += text;
  }

  // Words of one charset are converted together: senders cut characters in half between them. Not
  // so with ISO-2022, where each word begins and ends in ASCII and an empty shift between two is an
  // error.
  void encoded(const Word& word) {
    if (in_run_ &&
        (!iequals(word.charset, charset_) || iequals(charset_.substr(0, 8), "iso-2022"))) {
      blanks_.clear();
      end_run();
    }
    end_plain();
    in_run_ = true;
    blanks_.clear();
    charset_ = word.charset;
    append_octets(word, octets_);
  }

  void end_run() {
    if (!in_run_) return;
    TextDecoder& decoder = decoder_for(charset_);
    std::string converted;
    decoder.feed(octets_, converted);
    decoder.finish(converted);
    append_safe(converted);
    octets_.clear();
    in_run_ = false;
    plain_ += blanks_;
    blanks_.clear();
  }

  void end_plain() {
    out_ += text_to_utf8(plain_, {});
    plain_.clear();
  }

  // Decoded text is a value, not a line: what a word smuggles in must not end one.
  void append_safe(std::string_view text) {
    for (const char c : text) out_ += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  }

  // Opening a converter per word is what would make 50,000 words of alternating charsets dear.
  TextDecoder& decoder_for(std::string_view charset) {
    for (Slot& slot : slots_) {
      if (iequals(slot.charset, charset)) return slot.decoder;
    }
    if (slots_.size() == kSlots) slots_.erase(slots_.begin());
    return slots_.emplace_back(Slot{charset, TextDecoder(charset)}).decoder;
  }

  static constexpr std::size_t kSlots = 8;
  struct Slot {
    std::string_view charset;
    TextDecoder decoder;
  };
  std::string_view text_;  // owned by the caller
  std::string out_;
  std::string plain_;  // raw text not yet converted
  bool in_run_ = false;
  std::string octets_;        // decoded octets of the words since the run began
  std::string blanks_;        // blanks after the last word
  std::string_view charset_;  // of the run
  std::vector<Slot> slots_;   // open converters
};

}  // namespace

std::string decode_header(std::string_view raw) {
  const std::string text = unfold(raw);
  return Decoder(text).run();
}

}  // namespace postern::mime
