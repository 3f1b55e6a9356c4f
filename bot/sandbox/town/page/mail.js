// Mail: people, their threads, a thread. What people outside do about a mail they received.
import { call, doing, el, face, keyed, link, toast } from "./dom.js";
import { Panes, heading, list, sections } from "./panes.js";
import * as clock from "./clock.js";

const FOLDERS = { inbox: "Inbox", sentitems: "Sent Items", junkemail: "Junk" };
const DONE = {
  reply: "The answer is on its way.",
  auto_reply: "The out-of-office reply is on its way.",
  opt_out: "The wish to hear no more is on its way.",
  report_spam: "The spam report is on its way.",
  press_unsubscribe: "The sender was told to write no more.",
};
let panes = null;
let texts = {};
let opened = "";

export function show(main) {
  opened = "";
  panes = new Panes(main, "mail", { people: "People", list: "Threads", open: "Mail" });
  panes.people.body.after(stranger());
}

export async function refresh([address, folder, thread], isCurrent) {
  const people = await call("GET", "/town/people");
  if (!isCurrent()) return;
  texts = people.texts;
  const row = (inside) => (person) => ({
    key: person.address,
    href: link("mail", person.address, ...(inside ? ["inbox"] : ["all"])),
    name: person.name,
    text: person.about,
    side: person.count ? String(person.count) : "",
    current: person.address === address,
    picture: person.name,
  });
  heading(panes.people, "Mailboxes");
  const groups = [{ name: "In the organisation", rows: people.inside.map(row(true)) }];
  if (people.outside.length) groups.push({ name: "Outside", rows: people.outside.map(row(false)) });
  sections(panes.people.body, groups);
  const inside = people.inside.find((person) => person.address === address);
  const person = inside ?? people.outside.find((each) => each.address === address);
  panes.depth(!person ? 0 : thread ? 2 : 1);
  await threads(person, inside ? (FOLDERS[folder] ? folder : "inbox") : "all", thread, isCurrent);
}

async function threads(person, folder, thread, isCurrent) {
  if (!person) {
    heading(panes.list, "Threads");
    list(panes.list.body, [], "Choose whose mail to read.");
    return mails(null, folder, null, isCurrent);
  }
  const told = await call("GET", `/town/mail/${encodeURIComponent(person.address)}?folder=${folder}`);
  if (!isCurrent()) return;
  const tabs = folder === "all" ? null : el(
    "div", { class: "tabs" },
    ...Object.entries(FOLDERS).map(([key, name]) =>
      el("a", { href: link("mail", person.address, key), "data-folder": key }, name)),
  );
  heading(panes.list, person.name, { back: link("mail"), about: person.address, extra: tabs });
  for (const tab of panes.list.head.querySelectorAll("[data-folder]"))
    if (tab.dataset.folder === folder) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  const entries = told.threads.map((each) => ({
    key: each.id,
    href: link("mail", person.address, folder, each.id),
    name: crowd(each.with),
    side: clock.brief(each.at),
    top: each.subject + (each.count > 1 ? ` (${each.count})` : ""),
    text: (each.own ? "You: " : "") + each.snippet,
    current: each.id === thread,
  }));
  list(panes.list.body, entries, folder === "all" ? "No mail has come yet." : `Nothing in ${FOLDERS[folder]}.`);
  await mails(person, folder, thread, isCurrent);
}

const crowd = (names) => (names.length > 2 ? `${names[0]} and ${names.length - 1} others` : names.join(", "));

async function mails(person, folder, thread, isCurrent) {
  const body = panes.open.body;
  if (!thread) {
    opened = "";
    panes.open.head.replaceChildren();
    panes.open.head.mark = null;
    body.replaceChildren(el("p", { class: "empty" }, person ? "Choose a thread." : "Every mailbox of the town is open to you here."));
    return;
  }
  const told = await call("GET", `/town/mail/${encodeURIComponent(person.address)}/${encodeURIComponent(thread)}`);
  if (!isCurrent()) return;
  heading(panes.open, told.mails[0]?.subject ?? "This thread is not there", { back: link("mail", person.address, folder) });
  const isNew = opened !== person.address + thread;
  opened = person.address + thread;
  if (isNew) body.replaceChildren();
  const outside = folder === "all";
  const before = body.children.length;
  keyed(body, told.mails, {
    key: (mail) => mail.id,
    signature: (mail) => JSON.stringify([mail.id, mail.folder]),
    build: (mail) => letter(person, mail, outside),
  });
  const isTyping = document.activeElement?.matches("textarea, input");
  if (isNew || (before && body.children.length > before && !isTyping)) pin(body);
}

// Keep the last mail in sight while the frames above it find their height, until somebody scrolls.
function pin(body) {
  const last = body.lastElementChild;
  const keep = () => (body.scrollTop = last ? last.offsetTop - body.offsetTop : 0);
  const watch = new ResizeObserver(keep);
  for (const node of body.children) watch.observe(node);
  const leave = () => watch.disconnect();
  for (const name of ["wheel", "pointerdown", "keydown", "touchstart"])
    body.addEventListener(name, leave, { once: true, passive: true });
  keep();
}

function letter(person, mail, outside) {
  const where = mail.leaving ? "on its way" : { junkemail: "in Junk", deleteditems: "deleted" }[mail.folder];
  const name = mail.from.name || mail.from.address;
  return el(
    "article",
    { class: mail.own ? "letter own" : "letter", "aria-label": `Mail from ${name}` },
    el(
      "header", {},
      face(name),
      el("div", { class: "words" },
        el("p", { class: "line" },
          el("strong", {}, name),
          el("time", { class: "side", datetime: mail.at }, clock.long(new Date(mail.at)))),
        el("p", { class: "to" }, `to ${mail.to.join(", ")}`, where ? el("span", { class: "tag" }, where) : null)),
    ),
    mail.html ? paper(mail.html, mail.subject) : el("p", { class: "text" }, mail.text),
    mail.quoted ? el("details", {}, el("summary", {}, "The mail it answers"), el("p", { class: "text" }, mail.quoted)) : null,
    outside && !mail.own ? deeds(person, mail) : null,
  );
}

// HTML of strangers: a frame without scripts, whose links open elsewhere; the page's policy holds in
// it too. It shares our origin only so that its height can be read.
function paper(html, subject) {
  const frame = el("iframe", {
    class: "paper",
    title: `Text of “${subject}”`,
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    referrerpolicy: "no-referrer",
    srcdoc: `<!doctype html><base target="_blank"><link rel="stylesheet" href="/page/paper.css">${html}`,
  });
  const fit = () => {
    const inner = frame.contentDocument?.body;
    if (inner) frame.style.height = `${Math.max(inner.offsetHeight, inner.scrollHeight)}px`;
  };
  frame.addEventListener("load", () => {
    fit();
    new ResizeObserver(fit).observe(frame);
  });
  return frame;
}

function deeds(person, mail) {
  const send = (button, deed, text) =>
    doing(button, async () => {
      await call("POST", "/town/deeds", { person: person.address, mail: mail.id, do: deed, ...(text ? { text } : {}) });
      toast(DONE[deed]);
      return true;
    });
  const act = (name, deed) => {
    const button = el("button", { type: "button", "data-focus": deed }, name);
    button.addEventListener("click", () => send(button, deed));
    return button;
  };
  const form = el("form", { class: "answer", hidden: true });
  const words = el("textarea", { rows: "4", "data-focus": "words", "aria-label": `Answer of ${person.name}` });
  words.value = texts.reply;
  const give = el("button", { class: "main", "data-focus": "send" }, "Send");
  const leave = el("button", { type: "button" }, "Not now");
  form.append(words, el("div", { class: "buttons" }, give, leave));
  const answer = el("button", { type: "button", class: "main", "data-focus": "answer", "aria-expanded": "false" }, "Answer");
  const fold = (open) => {
    form.hidden = !open;
    answer.setAttribute("aria-expanded", String(open));
    (open ? words : answer).focus();
  };
  answer.addEventListener("click", () => fold(form.hidden));
  leave.addEventListener("click", () => fold(false));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await doing(give, async () => {
      await call("POST", "/town/deeds", { person: person.address, mail: mail.id, do: "reply", text: words.value });
      toast(DONE.reply);
      words.value = texts.reply;
      fold(false);
    });
  });
  return el(
    "div", { class: "deeds", role: "group", "aria-label": `What ${person.name} does about it` },
    el("div", { class: "buttons" }, answer, act("Out of office", "auto_reply"), act("Opt out", "opt_out"), act("Unsubscribe", "press_unsubscribe"), act("Report as spam", "report_spam")),
    form,
  );
}

// Somebody new outside.
function stranger() {
  const name = el("input", { name: "name", autocomplete: "off", placeholder: "Vera Voss" });
  const address = el("input", { name: "address", type: "email", required: true, autocomplete: "off", placeholder: "vera.voss@customer.example" });
  const add = el("button", { class: "main" }, "Add");
  const form = el("form", {},
    el("label", {}, "Name", name), el("label", {}, "Address", address), el("div", { class: "buttons" }, add));
  const box = el("details", { class: "stranger" }, el("summary", {}, "Add somebody outside"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(add, async () => {
      const told = await call("POST", "/town/people", { name: name.value, address: address.value });
      form.reset();
      box.open = false;
      toast(`${told.address} can be written to now.`);
      location.hash = link("mail", told.address, "all");
    });
  });
  return box;
}
