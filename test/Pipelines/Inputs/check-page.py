#!/usr/bin/env python3
"""Checks the page of a report: elements are closed in order, ids are unique, links
stay on the page and lead somewhere, nothing is loaded, there is one style and one
script, tables have headings and pictures have names.

  check-page.py PAGE.html --values=N [--text=TEXT]...   N rows; each TEXT is shown
"""

import argparse
import html.parser
import re

parser = argparse.ArgumentParser()
parser.add_argument("page")
parser.add_argument("--values", type=int, required=True)
parser.add_argument("--text", action="append", default=[])
arguments = parser.parse_args()

VOID = {"meta", "input"}
ALLOWED = set(
    """a body button caption code dd details div dl dt figcaption figure footer h1 h2 head
    header html input label li main meta p path rect script section small span style
    summary svg table tbody td th thead title tr ul""".split()
)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.text = [], [], [], []
        self.count = {}

    def handle_starttag(self, tag, attributes):
        self.note(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in {"path", "rect"}, tag
        self.note(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.text.append(data)

    def note(self, tag, attributes):
        assert tag in ALLOWED, (tag, self.getpos())
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), (tag, names)
        if self.open[-1:] != ["a"]:  # Points of the chart have titles, too.
            self.count[tag] = self.count.get(tag, 0) + 1
        values = dict(attributes)
        for name, value in attributes:
            assert not name.startswith("on") and name != "src", (tag, name)
            if name == "href":
                assert value.startswith("#"), value
                self.links.append(value[1:])
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "th":
            assert values.get("scope") in {"row", "col"}, self.getpos()
        if tag == "svg":
            assert values["role"] == "img" and values["aria-label"], self.getpos()
        if tag == "tr" and "data-name" in values:
            self.count["value"] = self.count.get("value", 0) + 1


with open(arguments.page, encoding="utf-8") as file:
    text = file.read()
assert text.startswith("<!DOCTYPE html>\n")
assert not re.search(r"https?:|//[a-z]|url\(|@import|\bfetch\(|XMLHttp", text)
page = Page()
page.feed(text)
page.close()
assert not page.open, page.open
assert len(page.ids) == len(set(page.ids)), page.ids
assert set(page.links) <= set(page.ids), set(page.links) - set(page.ids)
for tag in ["style", "script", "title", "h1", "main"]:
    assert page.count[tag] == 1, (tag, page.count[tag])
assert page.count["value"] == arguments.values, page.count["value"]
shown = " ".join("".join(page.text).split())
for wanted in arguments.text:
    assert wanted in shown, wanted
# Size is linear: a page, and a few KB for each value.
assert len(text) < 20000 + 4000 * arguments.values, len(text)
