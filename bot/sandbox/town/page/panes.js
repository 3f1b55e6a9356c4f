// Three panes side by side, or one at a time where there is no room: people, their list, what is open.
import { el, face, keyed, roving, settle } from "./dom.js";

export class Panes {
  constructor(main, room, names) {
    this.room = room;
    this.people = pane("nav", names.people, "people");
    this.list = pane("nav", names.list, "list");
    this.open = pane("section", names.open, "open");
    main.replaceChildren(el("div", { class: "panes" }, this.people.root, this.list.root, this.open.root));
    this.frame = main.firstElementChild;
  }

  // How deep one is: 0 people, 1 a person's list, 2 something open.
  depth(depth) {
    this.frame.dataset.depth = depth;
  }
}

function pane(tag, name, kind) {
  const head = el("div", { class: "head" });
  const body = el("div", { class: "body", tabindex: tag === "section" ? "-1" : null });
  const root = el(tag, { class: `pane ${kind}`, "aria-label": name }, head, body);
  return { root, head, body };
}

// The heading of a pane, with the way back that narrow windows show.
export function heading(pane, title, { back, about, extra } = {}) {
  const mark = JSON.stringify([title, back, about]);
  if (pane.head.mark === mark) return;
  pane.head.mark = mark;
  pane.head.replaceChildren(
    ...[
      back && el("a", { class: "back", href: back, "aria-label": "Back" }, "‹"),
      el("div", { class: "title" }, el("h2", {}, title), about ? el("p", {}, about) : null),
      extra ?? null,
    ].filter(Boolean),
  );
}

export function sections(body, groups) {
  keyed(body, groups, {
    key: (group) => group.name,
    signature: (group) => group.name,
    build: (group) =>
      el("section", { "aria-label": group.name }, el("h3", {}, group.name), roving(el("ul", { class: "rows" }))),
  });
  groups.forEach((group, at) => rows(body.children[at].querySelector("ul"), group.rows));
}

// Rows of a list: {key, href, name, top, text, side, current, picture}.
export function rows(list, entries) {
  keyed(list, entries, {
    key: (row) => row.key,
    build: (row) =>
      el(
        "li",
        {},
        el(
          "a",
          { class: "row", href: row.href, tabindex: "-1", "data-focus": "row", "aria-current": row.current ? "true" : null },
          row.picture ? face(row.picture) : null,
          el(
            "span",
            { class: "words" },
            el("span", { class: "line" }, el("span", { class: "who" }, row.name), row.side ? el("span", { class: "side" }, row.side) : null),
            row.top ? el("span", { class: "subject" }, row.top) : null,
            row.text ? el("span", { class: "snippet" }, row.text) : null,
          ),
        ),
      ),
  });
  settle(list);
  // What is open is in sight when it was opened from elsewhere.
  const current = list.querySelector("[aria-current]");
  if (current?.closest("[data-key]").dataset.key !== list.seen) current?.scrollIntoView({ block: "nearest" });
  list.seen = current?.closest("[data-key]").dataset.key;
}

export function list(body, entries, empty) {
  if (!entries.length) {
    if (body.firstElementChild?.className !== "empty" || body.textContent !== empty)
      body.replaceChildren(el("p", { class: "empty" }, empty));
    return;
  }
  if (body.firstElementChild?.tagName !== "UL") body.replaceChildren(roving(el("ul", { class: "rows" })));
  rows(body.firstElementChild, entries);
}
