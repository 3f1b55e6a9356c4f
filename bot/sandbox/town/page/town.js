// The page as a whole: which room is open, and the town's word that something changed.
import { call, toast } from "./dom.js";
import * as cards from "./cards.js";
import * as chats from "./chats.js";
import * as clock from "./clock.js";
import * as journal from "./journal.js";
import * as mail from "./mail.js";

const ROOMS = { mail, chats, journal };
const TITLES = { mail: "Mail", chats: "Teams", journal: "Journal" };
const main = document.getElementById("content");
let town = null;
let room = "";
let path = [];
let turn = 0;
let busy = false;
let again = false;

function read() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return [ROOMS[name] ? name : "mail", rest.filter(Boolean)];
}

// Fetch what is on display anew: one round at a time, and once more if something changed meanwhile.
async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    const mine = turn;
    try {
      await ROOMS[room].refresh(path, () => mine === turn);
    } catch (error) {
      if (!(error instanceof TypeError)) toast(error.message, true);
      else if (!navigator.onLine) again = false;
      else console.error(error);
    }
  } while (again);
  busy = false;
}

async function open() {
  // "Skip to the content" and the like name a place on the page, not a room.
  if (location.hash && !location.hash.startsWith("#/")) return;
  const [name, rest] = read();
  const deeper = name === room && rest.length > path.length;
  turn += 1;
  path = rest;
  if (name !== room) {
    room = name;
    ROOMS[room].show(main, town);
    document.title = `${TITLES[room]} – ${town.name} town`;
    for (const link of document.querySelectorAll("[data-room]"))
      if (link.dataset.room === room) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }
  const held = document.activeElement;
  again = true;
  await refresh();
  // What had the focus may be out of sight now: one pane at a time.
  if ((held === document.body || held.offsetParent === null) && deeper) visible("h2")?.closest(".pane")?.querySelector(".back")?.focus();
}

const visible = (selector) => [...main.querySelectorAll(selector)].find((node) => node.offsetParent !== null);

function follow() {
  const source = new EventSource("/town/changes");
  let last = "";
  source.addEventListener("message", (event) => {
    document.getElementById("offline").hidden = true;
    const told = JSON.parse(event.data);
    clock.set(told.clock);
    const mark = `${told.journal} ${told.people}`;
    if (mark !== last) refresh();
    last = mark;
  });
  source.addEventListener("error", () => {
    document.getElementById("offline").hidden = false;
  });
}

async function start() {
  town = await call("GET", "/town/about");
  document.getElementById("town-name").textContent = `${town.name} town`;
  clock.set(town.clock);
  clock.start();
  if (town.draws_cards)
    await cards.load().catch((error) => {
      town.draws_cards = false;
      toast(error.message, true);
    });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", open);
  window.addEventListener("town-refresh", refresh);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    room = "";
    open();
  });
  await open();
  follow();
}

start();
