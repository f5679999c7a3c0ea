#!/usr/bin/env python3
"""Opens the page of a report in Chromium, in frames of several widths, and prints what
comes of it.

  browse-page.py CHROMIUM PAGE.html FOLDER     FOLDER takes files of the browser
"""

import html
import pathlib
import re
import subprocess
import sys

browser, page, folder = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
WIDTHS = [1280, 390, 320]

PROBE = """
const lines = [];
addEventListener("load", () => {
  for (const frame of document.querySelectorAll("iframe")) {
    const root = frame.contentDocument.documentElement;
    lines.push(`${frame.width}: width ${Math.max(root.scrollWidth, root.clientWidth) +
      frame.contentWindow.innerWidth - root.clientWidth}`);
  }
  const page = document.querySelector("iframe").contentDocument;
  const table = page.querySelector("table.sortable"), body = table.tBodies[0];
  const name = row => row.cells[1].querySelector(".name").textContent;
  const column = [...table.tHead.rows[0].cells].findIndex(
    head => head.textContent.startsWith("SQNR alone"));
  const head = table.tHead.rows[0].cells[column], last = () => body.rows[body.rows.length - 1];
  lines.push(`first by number: ${name(body.rows[0])}`);
  head.querySelector("button").click();
  lines.push(`first by SQNR alone: ${name(body.rows[0])} ${head.getAttribute("aria-sort")}`);
  lines.push(`last by SQNR alone has ${last().cells[column].textContent || "none"}`);
  head.querySelector("button").click();
  lines.push(`first by SQNR alone, again: ${name(body.rows[0])} ${
    head.getAttribute("aria-sort")}`);
  const filter = page.querySelector("input[type=search]");
  filter.value = "POOLING";
  filter.dispatchEvent(new Event("input"));
  const count = what => [...page.querySelectorAll(what)].filter(
    item => item.getClientRects().length).length;
  lines.push(`rows and cards with pooling: ${count("tbody tr[data-name]")} ${
    count(".cards details")}`);
  lines.push(`errors: ${errors}`);
  document.getElementById("result").textContent = lines.join("\\n");
});
"""

text = page.read_text(encoding="utf-8")
# Errors of the page's own script reach the frame's parent.
noted = text.replace(
    "<script>", "<script>onerror = () => { ++parent.errors; };</script><script>", 1
)
assert noted != text
frames = "".join(
    f'<iframe width="{width}" height="800" style="border: 0" '
    f'srcdoc="{html.escape(noted)}"></iframe>'
    for width in WIDTHS
)
outer = folder / "outer.html"
outer.write_text(
    '<!DOCTYPE html><html><body><pre id="result"></pre>'
    f"<script>var errors = 0; {PROBE}</script>{frames}</body></html>",
    encoding="utf-8",
)
out = subprocess.run(
    [
        browser,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        "--window-size=1400,900",
        "--dump-dom",
        outer.as_uri(),
    ],
    check=True,
    capture_output=True,
    text=True,
).stdout
print(html.unescape(re.search(r'<pre id="result">(.*?)</pre>', out, re.S).group(1)))
