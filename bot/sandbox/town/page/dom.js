// Building and refreshing of the page. Text goes in as text, never as markup.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Make the children of `parent` those of `items`, in order. A child stays the very same node while
// its signature does, with whatever is typed or open in it; focus survives the change of a child.
export function keyed(parent, items, { key, signature = JSON.stringify, build }) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const held = document.activeElement;
  const lost = parent.contains(held) && held.closest("[data-key]");
  const nodes = items.map((item) => {
    const name = String(key(item));
    const mark = signature(item);
    const known = old.get(name);
    if (known && known.mark === mark) return known;
    const node = build(item, known);
    node.dataset.key = name;
    node.mark = mark;
    return node;
  });
  const wanted = new Set(nodes);
  for (const node of [...parent.children]) if (!wanted.has(node)) node.remove();
  // Nodes that stay are not moved: moving one would take its focus and load its frames anew.
  let place = parent.firstElementChild;
  for (const node of nodes) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  if (lost && !held.isConnected) {
    const again = nodes.find((node) => node.dataset.key === lost.dataset.key);
    if (again) focusInside(again, held);
  }
}

// Bring focus to what took the place of `held` inside `node`, or to the node itself.
function focusInside(node, held) {
  const name = held.dataset?.focus;
  const same = name && node.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  const target = same || node.querySelector("[tabindex='0'], a[href]") || node;
  if (!target.matches("a, button, input, textarea, select, [tabindex]")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

// A list one walks with the arrow keys: one stop for Tab, on the current entry or the first.
export function roving(list) {
  list.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a.row")];
    const at = links.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const target = links[Math.max(0, Math.min(links.length - 1, to))];
    for (const link of links) link.tabIndex = link === target ? 0 : -1;
    target.focus();
  });
  return list;
}

export function settle(list) {
  const links = [...list.querySelectorAll("a.row")];
  const stop =
    links.find((link) => link === document.activeElement) ||
    links.find((link) => link.getAttribute("aria-current")) ||
    links[0];
  for (const link of links) link.tabIndex = link === stop ? 0 : -1;
}

export function initials(name) {
  const words = name.split(/[\s@]+/).filter(Boolean);
  return (words[0]?.[0] ?? "?") + (words.length > 1 ? words[words.length - 1][0] : "");
}

// The picture of a person: their initials on a colour of their own.
export function face(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 8;
  return el("span", { class: `face tone-${sum}`, "aria-hidden": "true" }, initials(name).toUpperCase());
}

export async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(path, options);
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error || `the town answered ${answer.status}`);
  return told;
}

let fading = 0;
export function toast(text, isTrouble = false) {
  const node = document.getElementById("toast");
  node.textContent = isTrouble ? `⚠ ${text}` : text;
  node.classList.toggle("trouble", isTrouble);
  node.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => node.classList.remove("shown"), isTrouble ? 8000 : 4000);
}

// Run what a button does: once at a time, a failure said in words.
export async function doing(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    toast(sentence(error.message), true);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function sentence(text) {
  const start = text[0]?.toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

export const link = (...parts) => `#/${parts.map(encodeURIComponent).join("/").replaceAll("%40", "@")}`;
