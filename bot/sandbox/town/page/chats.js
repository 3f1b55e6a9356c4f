// Teams: people, their chats, a chat with its cards.
import { call, doing, el, face, keyed, link, toast } from "./dom.js";
import { Panes, heading, list, sections } from "./panes.js";
import { draw } from "./cards.js";
import * as clock from "./clock.js";

let panes = null;
let about = null;
let opened = "";

export function show(main, town) {
  about = town;
  opened = "";
  panes = new Panes(main, "chats", { people: "People", list: "Chats", open: "Chat" });
}

export async function refresh([address, conversation], isCurrent) {
  const people = (await call("GET", "/town/people")).inside;
  if (!isCurrent()) return;
  heading(panes.people, "People");
  sections(panes.people.body, [{
    name: "In the organisation",
    rows: people.map((person) => ({
      key: person.address,
      href: link("chats", person.address),
      name: person.name,
      text: person.about,
      current: person.address === address,
      picture: person.name,
    })),
  }]);
  const person = people.find((each) => each.address === address);
  panes.depth(!person ? 0 : conversation ? 2 : 1);
  await chats(person, conversation, isCurrent);
}

async function chats(person, conversation, isCurrent) {
  if (!person) {
    heading(panes.list, "Chats");
    list(panes.list.body, [], "Choose whose Teams to look into.");
    return chat(null, null, isCurrent);
  }
  const told = await call("GET", `/town/chats/${encodeURIComponent(person.address)}`);
  if (!isCurrent()) return;
  heading(panes.list, person.name, { back: link("chats"), about: person.about });
  list(panes.list.body, told.chats.map((each) => ({
    key: each.id,
    href: link("chats", person.address, each.id),
    name: each.name,
    side: each.at ? clock.brief(each.at) : "",
    top: each.kind === "personal" ? "" : each.about,
    text: each.snippet || (each.has_bot ? "Nothing said yet" : `${about.bot} is not here`),
    current: each.id === conversation,
    picture: each.name,
  })), "No chats.");
  const found = told.chats.find((each) => each.id === conversation);
  await chat(person, found, isCurrent);
}

async function chat(person, found, isCurrent) {
  const body = panes.open.body;
  if (!found) {
    opened = "";
    panes.open.head.replaceChildren();
    panes.open.head.mark = null;
    body.replaceChildren(el("p", { class: "empty" }, person ? "Choose a chat." : "Everybody’s Teams is open to you here."));
    return;
  }
  const told = await call("GET", `/town/chats/${encodeURIComponent(person.address)}/${encodeURIComponent(found.id)}`);
  if (!isCurrent()) return;
  const of = told.kind === "personal" ? `The chat of ${person.name} with the bot` : `${told.about}, as ${person.name} sees it`;
  heading(panes.open, told.name, { back: link("chats", person.address), about: of });
  const name = `${person.address} ${found.id} ${told.has_bot}`;
  const isNew = opened !== name;
  opened = name;
  if (isNew) body.replaceChildren(...frame(person, told));
  const log = body.querySelector(".log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const threads = grouped(told.messages);
  keyed(log, threads, {
    key: (thread) => thread.id,
    signature: (thread) => thread.id,
    build: (thread) => el("li", { class: "thread" }, el("ol", { class: "messages" })),
  });
  let changed = false;
  threads.forEach((thread, at) => {
    const node = log.children[at];
    const before = node.textContent;
    keyed(node.firstElementChild, thread.messages, {
      key: (message) => message.id,
      build: (message) => says(person, found.id, message),
    });
    if (told.kind === "channel" && told.has_bot && node.children.length === 1)
      node.append(reply(person, thread.id));
    changed ||= before !== node.textContent;
  });
  body.querySelector(".silence").hidden = threads.length > 0;
  if (isNew || (changed && atEnd)) log.scrollTop = log.scrollHeight;
}

// By thread; outside channels everything is one.
function grouped(messages) {
  const threads = new Map();
  for (const message of messages) {
    if (!threads.has(message.thread)) threads.set(message.thread, []);
    threads.get(message.thread).push(message);
  }
  return [...threads].map(([id, found]) => ({ id, messages: found }));
}

function frame(person, told) {
  const notes = about.draws_cards ? [] : [el("p", { class: "plain-note" },
    "The package that draws cards is not installed here, so cards are shown as plain text with their buttons.")];
  const where = told.kind === "channel" ? `Start a conversation in ${told.name}` : "Write a message";
  const place = told.kind === "personal" ? null : told.id;
  const foot = told.has_bot ? box(person, place, where, "Send") : adding(person, told);
  return [
    ...notes,
    el("p", { class: "silence empty" }, told.has_bot ? "Nothing said yet. Try “help”." : `${about.bot} has not been added here.`),
    el("ol", { class: "log", tabindex: "0", "aria-label": "Messages" }),
    foot,
  ];
}

function says(person, conversation, message) {
  const press = async (button, inputs) => {
    const answer = await call("POST", "/control/teams/press", {
      user: person.address, conversation, activity: message.id, button, inputs,
    });
    const body = answer.body ?? {};
    if (answer.status !== 200 || (body.statusCode && body.statusCode !== 200))
      throw new Error(answer.status === 200 ? said(body) : `${about.bot} did not answer (${answer.status})`);
    if (typeof body.value === "string") toast(body.value);
  };
  const parts = [];
  if (message.text) parts.push(el("p", { class: "bubble" }, message.text));
  for (const card of message.cards) parts.push(draw(card, { press, key: message.id, plain: !about.draws_cards }));
  return el(
    "li", { class: message.own ? "message own" : "message" },
    message.own ? null : face(message.author),
    el("div", { class: "words" },
      el("p", { class: "line" }, el("strong", {}, message.author),
        el("time", { class: "side", datetime: message.at }, clock.brief(message.at))),
      ...parts),
  );
}

const said = (body) => body.value?.message ?? `${about.bot} could not do that`;

function box(person, conversation, label, name) {
  const words = el("textarea", { rows: "1", "aria-label": label, placeholder: label, "data-focus": "words" });
  const give = el("button", { class: "main", "data-focus": "send" }, name);
  const form = el("form", { class: "say" }, words, give);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = words.value.trim();
    if (!text) return words.focus();
    doing(give, async () => {
      words.value = "";
      try {
        const body = { user: person.address, text, ...(conversation ? { conversation } : {}) };
        const told = await call("POST", "/control/teams/say", body);
        if (told.status >= 400) throw new Error(`${about.bot} did not answer (${told.status})`);
      } catch (error) {
        words.value ||= text;
        throw error;
      }
    });
  });
  return form;
}

function reply(person, thread) {
  const form = box(person, thread, "Reply in this thread", "Send");
  const fold = el("details", { class: "reply" }, el("summary", {}, "Reply"), form);
  fold.addEventListener("toggle", () => fold.open && form.querySelector("textarea").focus());
  return fold;
}

function adding(person, told) {
  const scope = { personal: "to this chat", channel: "to the team", groupChat: "to the group chat" }[told.kind];
  const add = el("button", { class: "main", type: "button" }, `Add ${about.bot} ${scope}`);
  add.addEventListener("click", () =>
    doing(add, async () => {
      const place = told.kind === "personal" ? {} : { channel: told.id };
      await call("POST", "/control/teams/install", { user: person.address, ...place });
    }));
  return el("div", { class: "say" }, add);
}
