"""Writes words.txt: the words of page.html as Python's html.parser reads them."""
import pathlib
import re
from html.parser import HTMLParser

HIDDEN = {"script", "style", "title", "noscript"}
INLINE = {"a", "em", "strong", "span", "b", "i"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.hidden = [], 0

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in HIDDEN
        if tag not in INLINE:
            self.text.append(" ")

    def handle_endtag(self, tag):
        self.hidden -= tag in HIDDEN
        if tag not in INLINE:
            self.text.append(" ")

    def handle_data(self, data):
        if not self.hidden:
            self.text.append(data)


here = pathlib.Path(__file__).parent
reader = Reader()
reader.feed((here / "page.html").read_text("utf-8"))
words = re.findall(r"[^\W_]+", "".join(reader.text).lower())
(here / "words.txt").write_text("\n".join(words) + "\n", "utf-8")
