// A card without the package that draws it: its texts in order, its inputs as the browser has them,
// its buttons.
import { el } from "./dom.js";

let count = 0;

export function plain(card, pressed) {
  const fields = new Map();
  const holder = el("div", { class: "card plain-card" });
  holder.append(...parts(card.body, fields, pressed), ...actions(card.actions, fields, pressed));
  return holder;
}

function parts(items, fields, pressed) {
  return (items ?? []).filter((item) => item.isVisible !== false).flatMap((item) => part(item, fields, pressed));
}

function part(item, fields, pressed) {
  switch (item.type) {
    case "TextBlock":
      return [el("p", { class: item.weight === "Bolder" || item.size === "Large" || item.style === "heading" ? "strong" : null }, item.text ?? "")];
    case "RichTextBlock":
      return [el("p", {}, (item.inlines ?? []).map((run) => run.text ?? run).join(""))];
    case "FactSet":
      return [el("dl", {}, ...(item.facts ?? []).flatMap((fact) => [el("dt", {}, fact.title), el("dd", {}, fact.value)]))];
    case "ActionSet":
      return actions(item.actions, fields, pressed);
    case "Image":
      return item.altText ? [el("p", {}, item.altText)] : [];
    case "Table":
      return [el("table", {}, ...(item.rows ?? []).map((row) =>
        el("tr", {}, ...(row.cells ?? []).map((cell) => el("td", {}, ...parts(cell.items, fields, pressed))))))];
    default:
      if (item.type?.startsWith("Input.")) return [input(item, fields)];
      return parts(item.items ?? item.columns ?? item.body, fields, pressed);
  }
}

function input(item, fields) {
  const id = `plain-${(count += 1)}`;
  let field;
  if (item.type === "Input.ChoiceSet") {
    const chosen = String(item.value ?? "").split(",");
    field = el("select", { multiple: item.isMultiSelect },
      ...(item.isMultiSelect ? [] : [el("option", { value: "" }, item.placeholder ?? "")]),
      ...(item.choices ?? []).map((choice) =>
        el("option", { value: choice.value, selected: chosen.includes(choice.value) }, choice.title)));
    fields.set(item.id, () => [...field.selectedOptions].map((option) => option.value).join(","));
  } else if (item.type === "Input.Toggle") {
    const on = String(item.valueOn ?? "true");
    field = el("input", { type: "checkbox", checked: String(item.value) === on });
    fields.set(item.id, () => (field.checked ? on : String(item.valueOff ?? "false")));
  } else {
    const kinds = { "Input.Number": "number", "Input.Date": "date", "Input.Time": "time" };
    field = item.isMultiline ? el("textarea", { rows: "4" }) : el("input", { type: kinds[item.type] ?? "text" });
    field.value = item.value ?? "";
    if (item.placeholder) field.placeholder = item.placeholder;
    fields.set(item.id, () => field.value);
  }
  field.id = id;
  return el("p", { class: "field" }, el("label", { for: id }, item.label ?? item.title ?? item.id), field);
}

function actions(list, around, pressed) {
  const shown = (list ?? []).map((action) => button(action, around, pressed));
  if (!shown.length) return [];
  return [el("div", { class: "buttons" }, ...shown.map(([node]) => node)), ...shown.flatMap(([, below]) => below)];
}

function button(action, around, pressed) {
  const node = el("button", { type: "button", disabled: action.isEnabled === false }, action.title ?? "");
  if (action.type === "Action.ShowCard") {
    const fields = new Map(around);
    const inner = el("div", { class: "inner", hidden: true });
    inner.append(...parts(action.card?.body, fields, pressed), ...actions(action.card?.actions, fields, pressed));
    node.setAttribute("aria-expanded", "false");
    node.addEventListener("click", () => {
      inner.hidden = !inner.hidden;
      node.setAttribute("aria-expanded", String(!inner.hidden));
    });
    return [node, [inner]];
  }
  node.addEventListener("click", () => {
    const sent = action.associatedInputs === "none" ? [] : [...around];
    pressed(node, action, Object.fromEntries(sent.map(([id, read]) => [id, read()])));
  });
  return [node, []];
}
