//===- PageAssets.cpp - Style and script of a report's page ---------------===//

#include "Page.h"

const char *const quantopt::kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --box: #f5f7f9; --line: #d4dae0; --text: #1b1f24; --dim: #4f5965;
  --link: #0a58b0; --alone: #a63c00; --sofar: #0a58b0; --bar: #4f7cac; --beyond: #f3d5c2;
  --integer: #0b6239; --dynamic: #6a35b1; --float: #8a4b00; --warn: #a40e26;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --box: #181d24; --line: #343c47; --text: #e6eaef; --dim: #a3adb9;
    --link: #7cb8ff; --alone: #ffa868; --sofar: #7cb8ff; --bar: #6f9fd0; --beyond: #4a2c1a;
    --integer: #6fd6a1; --dynamic: #c6a4ff; --float: #f0b35e; --warn: #ff8f9a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; padding: 1rem; max-width: 84rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
p { margin: 0.5rem 0; max-width: 60rem; }
a { color: var(--link); }
code, .name { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.9em;
  overflow-wrap: anywhere; }
small, .dim, figcaption { color: var(--dim); font-size: 0.85rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: 0.75rem; margin: 1rem 0; }
.tiles > div { background: var(--box); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.6rem 0.8rem; }
.tiles dt { color: var(--dim); font-size: 0.85rem; }
.tiles dd { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.35; }
.tiles small { display: block; font-weight: 400; }

.scroll { overflow: auto; max-height: 85vh; border: 1px solid var(--line);
  border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { padding: 0.35rem 0.6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; background: var(--box); white-space: nowrap; z-index: 1; }
thead button { all: unset; cursor: pointer; }
thead button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
thead button::after { content: " \2195"; color: var(--dim); }
th[aria-sort=ascending] button::after { content: " \2191"; color: var(--text); }
th[aria-sort=descending] button::after { content: " \2193"; color: var(--text); }
tbody th { font-weight: 400; min-width: 13rem; }
td.name { min-width: 12rem; }
tbody th small, td small { display: block; }
td.number, th.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td.why { min-width: 22rem; }
tr:target, details:target { outline: 2px solid var(--link); outline-offset: -2px; }
.state { font-weight: 600; white-space: nowrap; }
.reason { min-width: 14rem; white-space: normal; }
.state-integer { color: var(--integer); } .state-dynamic { color: var(--dynamic); }
.state-float, .state-weight-only { color: var(--float); }
.finding { color: var(--warn); font-weight: 600; }
ul.findings { padding-left: 1.2rem; margin: 0.5rem 0; }

figure { margin: 0; }
.plot { position: relative; height: 15rem; margin: 0.75rem 0.25rem 1.75rem 2.25rem; }
.plot svg { position: absolute; width: 100%; height: 100%; overflow: visible; }
.plot span { position: absolute; color: var(--dim); font-size: 0.8rem; line-height: 1; }
.ylabels span { right: 100%; margin-right: 0.4rem; transform: translateY(-50%); }
.xlabels { position: absolute; top: 100%; left: 0; right: 0; }
.xlabels span { top: 0.4rem; transform: translateX(-50%); }
.ylabels { position: absolute; top: 0; bottom: 0; left: 0; width: 0; }
svg path { vector-effect: non-scaling-stroke; fill: none; }
.grid { stroke: var(--line); stroke-width: 1px; }
.sofar { stroke: var(--sofar); stroke-width: 2px; stroke-linejoin: round; }
.sofarpoint { stroke: var(--sofar); stroke-width: 5px; stroke-linecap: round; }
.alone { stroke: var(--alone); stroke-width: 8px; stroke-linecap: round; }
.hit { fill: transparent; } a:hover > .hit { fill: var(--line); fill-opacity: 0.5; }
.key::before { content: ""; display: inline-block; margin-right: 0.35rem; }
.key-alone::before { width: 8px; height: 8px; border-radius: 50%; background: var(--alone); }
.key-sofar::before { width: 1.2rem; height: 0; border-top: 2px solid var(--sofar);
  vertical-align: middle; }

.tools { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: center; margin: 0.5rem 0; }
.tools input, .tools button { font: inherit; color: inherit; background: var(--box);
  border: 1px solid var(--line); border-radius: 6px; padding: 0.3rem 0.6rem; }
.tools button { cursor: pointer; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr));
  gap: 0.75rem; align-items: start; }
details { border: 1px solid var(--line); border-radius: 6px; background: var(--box);
  min-width: 0; }
summary { padding: 0.5rem 0.7rem; cursor: pointer; overflow-wrap: anywhere; }
details > figure, details > p { padding: 0 0.7rem 0.6rem; margin: 0; }
.histogram svg { display: block; width: 100%; height: 7rem; background: var(--page);
  border: 1px solid var(--line); }
.histogram .bars { fill: var(--bar); } .beyond { fill: var(--beyond); }
.histogram .end { stroke: var(--alone); stroke-width: 2px; stroke-dasharray: 4 3; }
.ends { display: flex; justify-content: space-between; font-size: 0.8rem; color: var(--dim); }
.key-end::before { width: 0; height: 0.9rem; border-left: 2px dashed var(--alone);
  vertical-align: text-bottom; }
.key-beyond::before { width: 0.9rem; height: 0.9rem; background: var(--beyond);
  border: 1px solid var(--line); vertical-align: text-bottom; }
footer { margin: 2.5rem 0 1rem; border-top: 1px solid var(--line); padding-top: 0.5rem; }
)css";

const char *const quantopt::kPageScript = R"js(
"use strict";
// A click on a heading sorts by its column; values that are not there stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell.classList.contains("number")) return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = down ? -1 : 1;
      const rows = [...body.rows].map(row => [key(row, column), row]);
      rows.sort(([a], [b]) => a === b ? 0 : a === null ? 1 : b === null ? -1
        : order * (a < b ? -1 : 1));
      body.append(...rows.map(([, row]) => row));
    });
  });
}
const cards = [...document.querySelectorAll(".cards details")];
for (const tools of document.querySelectorAll(".tools")) {
  tools.hidden = false;
  const filter = tools.querySelector("input"), all = tools.querySelector("button");
  if (filter) filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    for (const item of document.querySelectorAll("[data-name]"))
      item.hidden = !item.dataset.name.toLowerCase().includes(wanted);
  });
  if (all) all.addEventListener("click", () => {
    const open = cards.some(card => !card.hidden && !card.open);
    for (const card of cards) card.open = open;
  });
}
// A link to a histogram opens it.
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
)js";
