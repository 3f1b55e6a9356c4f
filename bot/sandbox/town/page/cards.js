// Adaptive Cards: drawn with the packages the town was given, or as plain text and buttons.
import { doing, el } from "./dom.js";
import { plain } from "./plaincards.js";

let markdown = null;

export async function load() {
  for (const name of ["adaptivecards.js", "markdown-it.js"])
    await new Promise((resolve, reject) => {
      const script = el("script", { src: `/assets/${name}` });
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error("the package that draws cards cannot be loaded")));
      document.head.append(script);
    });
  markdown = window.markdownit({ html: false, linkify: false });
  window.AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
}

const HOST = {
  fontFamily: "inherit",
  spacing: { small: 4, default: 8, medium: 12, large: 20, extraLarge: 28, padding: 16 },
  separator: { lineThickness: 1, lineColor: "#80808040" },
  supportsInteractivity: true,
  fontSizes: { small: 13, default: 15, medium: 17, large: 20, extraLarge: 24 },
  lineHeights: { small: 19, default: 22, medium: 24, large: 27, extraLarge: 32 },
  inputs: { label: { requiredInputs: { weight: "bolder", suffix: " *", suffixColor: "attention" }, optionalInputs: { weight: "bolder" } } },
  actions: {
    maxActions: 6, spacing: "default", buttonSpacing: 8, showCard: { actionMode: "inline", inlineTopMargin: 12 },
    actionsOrientation: "horizontal", actionAlignment: "left",
  },
  adaptiveCard: { allowCustomStyle: true },
  factSet: { title: { weight: "bolder", wrap: true, maxWidth: 160 }, value: { wrap: true }, spacing: 12 },
};

// Colours come from the page, so that they follow its light and dark.
function colours() {
  const names = { default: "ink", accent: "accent", good: "good", warning: "warn", attention: "bad", dark: "ink", light: "soft" };
  const root = getComputedStyle(document.documentElement);
  const value = (name) => root.getPropertyValue(`--${name}`).trim();
  const foregroundColors = Object.fromEntries(Object.entries(names).map(([key, name]) =>
    [key, { default: value(name), subtle: key === "default" ? value("soft") : value(name) }]));
  const styles = { default: "raised", emphasis: "room", good: "good-room", attention: "bad-room", warning: "warn-room", accent: "accent-room" };
  return Object.fromEntries(Object.entries(styles).map(([key, name]) => [key, { backgroundColor: value(name), foregroundColors }]));
}

export function draw(card, { press, key, plain: isPlain }) {
  const titles = actionTitles(card);
  const pressed = (button, action, inputs) =>
    action.url ? open(action.url) : doing(button, () => press(reached(action, titles), inputs));
  if (isPlain || !window.AdaptiveCards) return plain(card, pressed);
  const AC = window.AdaptiveCards;
  const drawn = new AC.AdaptiveCard();
  drawn.hostConfig = new AC.HostConfig({ ...HOST, containerStyles: colours() });
  const holder = el("div", { class: "card" });
  drawn.onExecuteAction = (action) => {
    if (action instanceof AC.OpenUrlAction) return open(action.url);
    const found = Object.values(action.getReferencedInputs?.() ?? {});
    const inputs = Object.fromEntries(found.map((input) => [input.id, input.value ?? ""]));
    pressed(action.renderedElement ?? holder, { title: action.title, verb: action.verb, id: action.id }, inputs);
  };
  drawn.onAnchorClicked = (_element, anchor) => {
    open(anchor.href);
    return true;
  };
  drawn.parse(card);
  const node = drawn.render();
  if (!node) return plain(card, pressed);
  node.querySelectorAll("button, input, select, textarea").forEach((part, at) => (part.dataset.focus = `${key}-${at}`));
  holder.append(node);
  return holder;
}

// Only the web: a card cannot make the page run anything.
function open(url) {
  let scheme = "";
  try {
    scheme = new URL(url).protocol;
  } catch {
    return;
  }
  if (scheme === "http:" || scheme === "https:") window.open(url, "_blank", "noopener,noreferrer");
}

function actionTitles(card) {
  const found = [];
  const walk = (part) => {
    if (Array.isArray(part)) part.forEach(walk);
    else if (part && typeof part === "object") {
      if (typeof part.type === "string" && part.type.startsWith("Action.")) found.push(part.title);
      Object.values(part).forEach(walk);
    }
  };
  walk(card);
  return found;
}

// The client finds a button by its title; where two share one, by verb or id.
function reached(action, titles) {
  const isAlone = action.title && titles.filter((title) => title === action.title).length === 1;
  return isAlone ? action.title : action.verb || action.id || action.title;
}
