"""Compares a response with the line of a transcript that describes it.

In the line, ${name} takes a word at its first use and must be the same afterwards, ${name=regex}
takes what the regex matches, ${/regex/} matches without taking, ... is any text. Media types and the
names of their parameters have no case in BODY and BODYSTRUCTURE, and quotes around a name do not matter. Where the RFCs leave
the order open (items of FETCH, STATUS and METADATA, return data of ESEARCH, flags, attributes of LIST), order does
not matter; after OK, NO, BAD, BYE and "+" any human-readable text may follow. NO|BAD is either.
"""
import re

ANY = "\ue000"  # "..." of the line; captures are \ue001, their number, \ue002
_HOLE = re.compile(r"\$\{(?:#(?P<size>[\w-]+)|/(?P<regex>.*?)/|(?P<name>[\w-]+)(?:=(?P<pattern>.*?))?)\}(?!\})"
                   r"|\$\{(?:#(?P<size2>[\w-]+)|(?P<name2>[\w-]+))\}|(?P<any>\.\.\.)")
_ONE_OF = re.compile(r"\A(\S+) ((?:OK|NO|BAD)(?:\|(?:OK|NO|BAD))+)(?= |\Z)")
_WORD = r'[^\s()\[\]"<>]+'
_NAMES = re.compile(r"\* (?:LIST|LSUB|STATUS|QUOTAROOT|QUOTA|METADATA|ACL|LISTRIGHTS|MYRIGHTS|ESEARCH) ")
_FREE_TEXT = re.compile(r"(?:(?:\*|[^ +*]\S*) (?:OK|NO|BAD|BYE|PREAUTH|\$\{/[A-Z|]+/\})|\+)(?= |\Z)")


class Unbound(Exception):
    """A client line or a size uses a name that nothing has set."""


def fill(text, values):
    """A client line with its names, ${x:hex} octets and ${*n:text} repetitions put in."""
    def put(found):
        word = found.group(1)
        if word.startswith("x:"):
            return bytes.fromhex(word[2:]).decode("latin-1")
        if word.startswith("*"):
            count, _, what = word[1:].partition(":")
            return what * int(count)
        name = word.lstrip("#")
        if name not in values:
            raise Unbound(f"{name} has no value")
        return str(len(values[name])) if word.startswith("#") else values[name]
    return re.sub(r"\$\{([^{}]*)\}", put, text)


def matches(expected, received, values):
    """The values after the match, or None."""
    pieces = []
    expected = re.sub(r"\$\{x:([0-9A-Fa-f]+)\}", lambda m: bytes.fromhex(m[1]).decode("latin-1"), expected)
    expected = _ONE_OF.sub(r"\1 ${/\2/}", expected)
    pattern = _with_holes(expected, values, pieces)
    if _FREE_TEXT.match(expected):
        pieces.append((None, "(?: .*)?"))
        return _same(f"{pattern}\ue001{len(pieces) - 1}\ue002", received, values, pieces)
    for plain in (lambda text: text, _without_quotes):
        ours, theirs = plain(pattern), plain(received)
        found = _same(ours, theirs, values, pieces)
        if found is None:
            found = _in_any_order(ours, theirs, values, pieces)
        if found is not None:
            return found
    return None


def _without_quotes(text):
    """A mailbox name may be an atom or a quoted string: names that can be atoms lose their quotes."""
    if not _NAMES.match(text):
        return text
    return re.sub(r'"([A-Za-z0-9/._~@!-]+)"', r"\1", text)


def _with_holes(text, values, pieces):
    """Bound names put in as they are; what is left open becomes private characters."""
    def hole(found):
        if found["any"]:
            return ANY
        size, name = found["size"] or found["size2"], found["name"] or found["name2"]
        if size:
            if size not in values:
                raise Unbound(f"{size} has no value")
            return str(len(values[size]))
        if name and not found["pattern"] and name in values:
            return values[name]
        pieces.append((name, found["regex"] if name is None else found["pattern"] or _WORD))
        return f"\ue001{len(pieces) - 1}\ue002"
    return _HOLE.sub(hole, text)


def _same(pattern, received, values, pieces, flags=0):
    names = {}

    def part(piece):
        if piece == ANY:
            return ".*"
        if not piece.startswith("\ue001"):
            return re.escape(piece)
        name, regex = pieces[int(piece[1:-1])]
        if name is None:
            return f"(?:{regex})"
        if name in names:
            return f"(?P={names[name]})"
        names[name] = f"g{len(names)}"
        return f"(?P<{names[name]}>{regex})"
    regex = "".join(part(p) for p in re.split("(\ue000|\ue001\\d+\ue002)", pattern) if p)
    found = re.fullmatch(regex, received, re.S | flags)
    if not found:
        return None
    out = dict(values)
    for name, group in names.items():
        if name in values and values[name] != found[group]:
            return None
        out[name] = found[group]
    return out


def words(text):
    """Splits at spaces that are outside of parentheses, brackets, quoted strings and literals."""
    out, start, at, depth = [], 0, 0, 0
    while at < len(text):
        literal = re.compile(r"\{(\d+)\}\r\n").match(text, at)
        if literal:
            at = literal.end() + int(literal[1])
            continue
        if text[at] == '"':
            quoted = re.compile(r'"(?:[^"\\]|\\.)*"', re.S).match(text, at)
            at = quoted.end() if quoted else at + 1
            continue
        depth += (text[at] in "([") - (text[at] in ")]")
        if text[at] == " " and depth == 0:
            out.append(text[start:at])
            start = at + 1
        at += 1
    return out + [text[start:]]


def _in_any_order(pattern, received, values, pieces):
    ours, theirs = words(pattern), words(received)
    head = re.match(r"\* (\S+ (?:UID)?FETCH|STATUS|METADATA|FLAGS|LIST|LSUB|ESEARCH) ", pattern)
    if not head or len(theirs) < 3:
        return None
    kind = head[1].split()[-1]
    if kind == "ESEARCH":
        fixed = 2 + sum(w.startswith("(TAG") or w == "UID" for w in ours[2:4])
        values = _same(" ".join(ours[:fixed]), " ".join(theirs[:fixed]), values, pieces)
        return values and _pairs(ours[fixed:], theirs[fixed:], values, pieces)
    if kind in ("LIST", "LSUB", "FLAGS"):
        if len(ours) != len(theirs):
            return None
        values = _same(" ".join(ours[3:]), " ".join(theirs[3:]), values, pieces)
        return values and _set(ours[2], theirs[2], values, pieces)
    if len(ours) != 4 or len(theirs) != 4:
        return None
    values = _same(" ".join(ours[:3]), " ".join(theirs[:3]), values, pieces)
    return values and _pairs(words(ours[3][1:-1]), words(theirs[3][1:-1]), values, pieces)


def _pairs(ours, theirs, values, pieces):
    """name value name value ..., in any order; ... as a word stands for any others."""
    rest = {theirs[i]: theirs[i + 1] for i in range(0, len(theirs) - 1, 2)}
    others = ANY in ours
    ours = [word for word in ours if word != ANY]
    for name, value in zip(ours[::2], ours[1::2]):
        full = next((key for key in rest if _same(name, key, values, pieces) is not None), None)
        if full is None:
            return None
        got = rest.pop(full)
        found = _same(value, got, values, pieces, re.I if name in ("BODY", "BODYSTRUCTURE") else 0)
        if found is None and name == "FLAGS":
            found = _set(value, got, values, pieces)
        if found is None:
            return None
        values = found
    return values if others or not rest else None


def _set(ours, theirs, values, pieces):
    if not (ours.startswith("(") and theirs.startswith("(")):
        return None
    ours, left = ours[1:-1].split(), theirs[1:-1].split()
    others = ANY in ours
    for word in (w for w in ours if w != ANY):
        for at, got in enumerate(left):
            found = _same(word, got, values, pieces)
            if found is not None:
                values = found
                del left[at]
                break
        else:
            return None
    return values if others or not left else None
