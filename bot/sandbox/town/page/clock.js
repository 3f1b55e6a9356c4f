// The clock in the header, and moments as the organisation's people read them.
import { call, doing, toast } from "./dom.js";

const $ = (id) => document.getElementById(id);
let shown = null;
let told = 0;
let began = null;

const form = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: shown?.zone, ...options });
const day = (moment) => form({ year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);

export function now() {
  const passed = shown.travel ? 0 : (performance.now() - told) * shown.speed;
  return new Date(Date.parse(shown.now) + passed);
}

export const hour = (moment) => form({ hour: "2-digit", minute: "2-digit" }).format(moment);
export const long = (moment) =>
  form({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(moment);

// Today an hour, this week a weekday, else a date.
export function brief(text) {
  const moment = new Date(text);
  if (day(moment) === day(now())) return hour(moment);
  if (now() - moment < 6 * 86400e3) return form({ weekday: "short", hour: "2-digit", minute: "2-digit" }).format(moment);
  return form({ day: "numeric", month: "short" }).format(moment);
}

export function set(clock) {
  const wasTravelling = shown?.travel;
  shown = clock;
  told = performance.now();
  for (const button of document.querySelectorAll("[data-speed]"))
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === clock.speed));
  const going = Boolean(clock.travel);
  const held = document.activeElement;
  $("travel").hidden = !going;
  $("clock-set").hidden = going;
  if (going) {
    if (!held.isConnected || $("clock-set").contains(held)) $("travel-stop").focus();
    const [from, to, at] = [clock.travel.from, clock.travel.to, clock.now].map(Date.parse);
    $("travel-bar").value = to > from ? (at - from) / (to - from) : 1;
    $("travel-text").textContent = `Moving on to ${long(new Date(to))}`;
  } else if (wasTravelling) {
    if (held === $("travel-stop")) (began?.offsetParent ? began : $("clock-fold")).focus();
    toast(`It is ${long(now())}.`);
  }
  tick();
}

export function start() {
  for (const button of document.querySelectorAll("[data-speed]"))
    button.addEventListener("click", () =>
      doing(button, async () => set(await call("POST", "/town/clock/speed", { speed: Number(button.dataset.speed) }))));
  for (const button of document.querySelectorAll("[data-jump]"))
    button.addEventListener("click", () =>
      doing(button, async () => {
        began = button;
        set(await call("POST", "/town/clock/jump", JSON.parse(button.dataset.jump)));
      }));
  $("travel-stop").addEventListener("click", () =>
    doing($("travel-stop"), async () => set(await call("POST", "/town/clock/stop", {}))));
  $("clock-fold").addEventListener("click", () => {
    const open = $("clock-fold").getAttribute("aria-expanded") !== "true";
    $("clock-fold").setAttribute("aria-expanded", String(open));
    $("clock-fold").textContent = open ? "Close" : "Change";
    $("clock-set").classList.toggle("open", open);
  });
  setInterval(tick, 250);
}

function tick() {
  if (!shown) return;
  const moment = now();
  const text = form({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(moment);
  const part = (type) => text.find((each) => each.type === type)?.value;
  const time = `${part("hour")}:${part("minute")}${shown.speed > 1 ? "" : `:${part("second")}`}`;
  write($("now"), `${part("weekday")} ${part("day")} ${part("month")}, ${time}`);
  $("now").dateTime = moment.toISOString();
  const city = shown.zone.split("/").pop().replaceAll("_", " ");
  const paces = { 0: "paused", 1: "real time" };
  const pace = paces[shown.speed] ?? `×${shown.speed}`;
  write($("pace"), `${city} · ${pace}${shown.due ? ` · next ${until(moment)}` : ""}`);
}

function until(moment) {
  const seconds = (Date.parse(shown.due) - moment) / 1000;
  if (seconds < 60) return "in a minute";
  if (seconds < 3600) return `in ${Math.round(seconds / 60)} min`;
  return seconds < 2 * 86400 ? `in ${Math.round(seconds / 3600)} h` : `in ${Math.round(seconds / 86400)} days`;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export const dayName = (text) => form({ weekday: "long", day: "numeric", month: "long" }).format(new Date(text));
