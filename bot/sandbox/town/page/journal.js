// The journal: what happened in the town, newest first.
import { call, el, keyed, link } from "./dom.js";
import * as clock from "./clock.js";

const ABOUT = [
  ["", "Everything"], ["mail", "Mail"], ["teams", "Teams"], ["graph", "Graph"],
  ["sign-in", "Sign-in"], ["time", "Time"], ["problems", "Problems"],
];
const NAMES = { mail: "Mail", teams: "Teams", graph: "Graph", "sign-in": "Sign-in", time: "Time", other: "Sandbox" };
const STEP = 100;
let limit = STEP;
let stream = null;
let more = null;
let filters = null;
let empty = null;

export function show(main) {
  limit = STEP;
  filters = el("nav", { class: "tabs", "aria-label": "Show" },
    ...ABOUT.map(([key, name]) => el("a", { href: key ? link("journal", key) : link("journal"), "data-about": key }, name)));
  stream = el("ol", { class: "stream" });
  empty = el("p", { class: "empty", hidden: true }, "Nothing of that kind has happened.");
  more = el("button", { type: "button", hidden: true }, "Show older");
  more.addEventListener("click", () => {
    limit += STEP;
    window.dispatchEvent(new Event("town-refresh"));
  });
  main.replaceChildren(el("div", { class: "journal" },
    el("div", { class: "head" }, el("h2", {}, "What happened"), filters), stream, empty, el("div", { class: "foot" }, more)));
}

export async function refresh([about = ""], isCurrent) {
  const told = await call("GET", `/town/journal?about=${encodeURIComponent(about)}&limit=${limit}`);
  if (!isCurrent()) return;
  for (const tab of filters.children)
    if (tab.dataset.about === about) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  let last = "";
  const lines = told.lines.map((line) => {
    const day = clock.dayName(line.at);
    const first = day !== last;
    last = day;
    return { ...line, day: first ? day : "" };
  });
  keyed(stream, lines, { key: (line) => line.first, build });
  empty.hidden = lines.length > 0;
  more.hidden = !told.more;
}

function build(line) {
  return el(
    "li", { class: line.problem ? "entry problem" : "entry" },
    line.day ? el("h3", {}, line.day) : null,
    el("div", { class: "entry-line" },
      el("time", { datetime: line.at }, clock.hour(new Date(line.at))),
      el("span", { class: "about" }, NAMES[line.subject]),
      el("span", { class: "told" },
        line.problem ? el("strong", { class: "flag" }, "⚠ Problem: ") : null,
        line.text,
        line.times > 1 ? el("span", { class: "times" }, ` ×${line.times}`) : null)),
  );
}
