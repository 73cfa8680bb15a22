"""HTML → the text a reader sees: no style, no script, no hidden pre-header; quoted blocks get `> `.

A scanner of its own: it only moves forward, so hostile HTML costs no more than any other (the standard library's
parser was quadratic on unclosed comments until CVE-2025-6069 was fixed). What is shown is text; nothing is sanitised
here to be shown as HTML.
"""

from __future__ import annotations

import html
import re

#: Characters of HTML read; newsletters are larger, enquiries never.
HTML_LIMIT = 1024 * 1024

_MARKUP = re.compile(r"<(?=[A-Za-z!?]|/[A-Za-z])")
_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9:-]*")
_UNSEEN = frozenset({"style", "script", "head", "title", "template", "noscript", "svg", "object", "select", "textarea"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_BLOCK_NAMES = """
    address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header
    hr html li main nav ol p pre section table tbody tfoot thead tr ul"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d])|max-height\s*:\s*0(?![.\d])"
    r"|opacity\s*:\s*0(?![.\d])",
    re.I,
)
_HIDDEN_ATTRIBUTE = re.compile(r"\shidden(?=[\s=/]|$)", re.I)
#: Elements whose content is no markup: it ends at their end tag and nowhere else.
_RAW_END = {name: re.compile(f"</{name}", re.I) for name in ("script", "style", "title", "textarea")}


def text_of_html(source: str) -> str:
    """The visible text, lines and paragraphs where HTML breaks them."""
    return _Scanner(source[:HTML_LIMIT]).run()


class _Scanner:
    def __init__(self, source: str) -> None:
        self._source = source
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._unseen = ""  # name of the element that hides what it holds
        self._unseen_depth = 0

    def run(self) -> str:
        position = 0
        while position < len(self._source):
            found = _MARKUP.search(self._source, position)
            if not found:
                self._say(self._source[position:])
                break
            self._say(self._source[position : found.start()])
            position = self._markup(found.start())
        self._end_line()
        text = "\n".join(self._lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def _markup(self, start: int) -> int:
        """Read what begins with `<` at `start`; where to go on."""
        if self._source.startswith("<!--", start):
            end = self._source.find("-->", start + 4)
            return len(self._source) if end < 0 else end + 3
        if self._source.startswith(("<!", "<?"), start):
            return self._after_tag(start)
        name = _NAME.match(self._source, start + 1)
        assert name  # as `_MARKUP` saw it
        end = self._after_tag(start)
        self._tag(name.group().lower(), self._source[name.end() : end - 1][:4_000])
        if raw_end := _RAW_END.get(self._unseen):
            found = raw_end.search(self._source, end)
            return found.start() if found else len(self._source)
        return end

    def _after_tag(self, start: int) -> int:
        """Behind the `>` that ends a tag, one inside quotes being none of them. No end: the rest is the tag."""
        end = self._source.find(">", start)
        if end < 0:
            return len(self._source)
        for quote in "\"'":
            if self._source.count(quote, start, end) % 2 == 1:
                close = self._source.find(quote, end, end + 4_000)
                longer = self._source.find(">", close, end + 4_000) if close >= 0 else -1
                # Never over another tag's beginning: then the quote was just a stray one.
                if longer >= 0 and "<" not in self._source[end:close]:
                    return longer + 1
        return end + 1

    def _tag(self, name: str, attributes: str) -> None:
        if self._unseen:
            self._tag_unseen(name, attributes)
        elif name.startswith("/"):
            self._close(name[1:])
        elif name in _UNSEEN or _is_hidden(attributes):
            if name not in _VOID and not attributes.endswith("/"):
                self._unseen, self._unseen_depth = name, 1
        else:
            self._open(name, attributes)

    def _tag_unseen(self, name: str, attributes: str) -> None:
        if name == self._unseen and not attributes.endswith("/"):
            self._unseen_depth += 1
        elif name == f"/{self._unseen}":
            self._unseen_depth -= 1
        elif self._unseen == "head" and name == "body":
            self._unseen_depth = 0  # a head that nobody closed
        if self._unseen_depth == 0:
            self._unseen = ""

    def _open(self, name: str, attributes: str) -> None:
        if name == "br":
            self._end_line(blank=True)
        elif name in ("td", "th"):
            self._line.append(" ")
        elif name in _BLOCKS:
            self._end_line(paragraph=name in ("p", "blockquote"))
        if name == "blockquote":
            self._quotes += 1

    def _close(self, name: str) -> None:
        if name in _BLOCKS:
            self._end_line(paragraph=name in ("p", "blockquote"))
        if name == "blockquote":
            self._quotes = max(0, self._quotes - 1)

    def _say(self, text: str) -> None:
        if text and not self._unseen:
            self._line.append(html.unescape(text))

    def _end_line(self, *, paragraph: bool = False, blank: bool = False) -> None:
        # A no-break space is kept from wrapping, not from being a space; zero-width signs fill pre-headers.
        line = " ".join(re.sub(r"[\u200b-\u200f\u2060\ufeff\u00ad\u034f]", "", "".join(self._line)).split())
        self._line = []
        if line:
            self._lines.append("> " * min(self._quotes, 3) + line)
        if (paragraph or (blank and not line)) and self._lines and self._lines[-1]:
            self._lines.append("")


def _is_hidden(attributes: str) -> bool:
    return bool(_HIDDEN.search(attributes) or _HIDDEN_ATTRIBUTE.search(attributes))
