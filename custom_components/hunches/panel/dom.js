// Builds elements. What people typed becomes text nodes: it is never read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners (`onclick`), and children; what is null, undefined or false is left out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A name that somebody gave: it reads in its own direction, and is cut where there is no room. */
export function bdi(text, attributes = {}) {
  return el("bdi", { dir: "auto", ...attributes }, text);
}

/** The nodes of a text in which `{name}` and the like are replaced by nodes or texts. */
export function rich(text, values) {
  return text.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? (values[part.slice(1, -1)] ?? part) : part));
}

/** Put new content into a node, and the focus back to where it was, by `data-id`. */
export function replace(node, ...children) {
  const focused = node.getRootNode().activeElement;
  const id = focused && node.contains(focused) ? focused.dataset.id : undefined;
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (id) node.querySelector(`[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
}

/** A button with an icon, a text, or both; without a text, `label` is what it is called. */
export function button(text, { icon: name, label, kind = "", ...attributes } = {}) {
  return el(
    "button",
    { type: "button", class: `button ${kind}`, "aria-label": label, title: label, ...attributes },
    name && icon(name),
    text && el("span", {}, text),
  );
}

/** A field for what is looked for; `found` is called with its text. */
export function searchField(label, found) {
  return el(
    "label",
    { class: "search grow" },
    icon("search"),
    el("input", {
      type: "search",
      placeholder: label,
      "aria-label": label,
      oninput: (event) => found(event.currentTarget.value),
    }),
  );
}

/** A number between 0 and 1 as a bar; the text beside it says the same. */
export function bar(share, attributes = {}) {
  const width = `${Math.round(100 * Math.min(Math.max(share, 0), 1))}%`;
  return el("span", { class: "bar", "aria-hidden": "true", ...attributes }, el("span", { style: { width } }));
}

// Strokes on 24 × 24
const PATHS = {
  again: "M4 12a8 8 0 1 0 2.6-5.9M4 4v4.5h4.5",
  away: "M3 11.5 12 4l9 7.5M6 9.5V20h7M15 17h6m-2.5-2.5L21 17l-2.5 2.5",
  bolt: "M13 3 5.5 13.5h5L10 21l8-11h-5.3z",
  bulb: "M9 17.5h6M10 20.5h4M8.6 14.6a6 6 0 1 1 6.8 0c-.6.5-.9 1.1-.9 1.9v1h-5v-1c0-.8-.3-1.4-.9-1.9z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "m6 6 12 12M18 6 6 18",
  cover: "M4 4h16M5 4v13h14V4M5 8.3h14M5 12.6h14M12 17v3.5",
  climate: "M14 14.2V6a2 2 0 0 0-4 0v8.2a4 4 0 1 0 4 0zM12 10v6.5",
  dark: "M19.5 14.6A8 8 0 1 1 9.4 4.5a6.4 6.4 0 0 0 10.1 10.1z",
  down: "M7 14V4H4v10zM7 13l3.7 7c1.8 0 2.6-1.3 2.3-2.9L12.5 14H18a2 2 0 0 0 2-2.4l-1.3-6A2 2 0 0 0 16.7 4H7",
  fan: "M12 12c0-4 .5-8 3.5-8s3.5 5-3.5 8c4 0 8 .5 8 3.5s-5 3.5-8-3.5c0 4-.5 8-3.5 8s-3.5-5 3.5-8c-4 0-8-.5-8-3.5s5-3.5 8 3.5z",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  humidifier: "M12 3.5s6 6.3 6 10.7a6 6 0 0 1-12 0c0-4.4 6-10.7 6-10.7z",
  input_boolean: "M8 7h8a5 5 0 0 1 0 10H8A5 5 0 0 1 8 7zM16 9.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z",
  list: "M4 6.5h9M4 12h16M4 17.5h6M17 6.5h3M14 17.5h6",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
  map: "M6.5 9.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM10 19.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM18 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  media_player: "M3.5 6h17v11h-17zM8.5 20.5h7",
  menu: "M4 7h16M4 12h16M4 17h16",
  minus: "M5 12h14",
  plus: "M5 12h14M12 5v14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5 20.5 20.5",
  shield: "M12 3.5 19 6v5.5c0 4.3-3 7.6-7 9-4-1.4-7-4.7-7-9V6zM8.8 12l2.3 2.3 4.2-4.3",
  sleep: "M3 18V7M3 15h18v3M21 15v-2a3 3 0 0 0-3-3h-7v5M7 12.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z",
  spark: "M12 4v4M12 16v4M4 12h4M16 12h4M6.5 6.5 9 9M15 15l2.5 2.5M17.5 6.5 15 9M9 15l-2.5 2.5",
  switch: "M9 3.5V8M15 3.5V8M6 8h12v3.5a6 6 0 0 1-12 0zM12 17.5v3",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 13h8.4L17 7M10.5 10.5v6M13.5 10.5v6",
  undo: "M8.5 5 4 9.5 8.5 14M4 9.5h10a5.5 5.5 0 0 1 0 11h-4",
  up: "M7 10v10H4V10zM7 11l3.7-7c1.8 0 2.6 1.3 2.3 2.9L12.5 10H18a2 2 0 0 1 2 2.4l-1.3 6a2 2 0 0 1-2 1.6H7",
  valve: "M4 8v8l8-4 8 4V8l-8 4zM12 12V5M9 5h6",
  warning: "M12 4 2.8 20h18.4zM12 10v4.5M12 17v.5",
};

/** A small drawing that says nothing to those who listen. */
export function icon(name, attributes = {}) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false", ...attributes },
    svg("path", { d: PATHS[name] ?? PATHS.bulb }),
  );
}

/** The icon of an entity's domain. */
export function deviceIcon(entityId) {
  const domain = entityId.split(".")[0];
  return icon(domain === "light" ? "bulb" : domain);
}

/** Ask something before it is done; resolves to whether it was confirmed. `body`: nodes. */
export function confirm(root, { title, body, yes, no, danger = false }) {
  return new Promise((resolve) => {
    const heading = el("h2", { id: "dialog-title" }, title);
    const dialog = el(
      "dialog",
      {
        "aria-labelledby": "dialog-title",
        onclose: () => {
          dialog.remove();
          resolve(dialog.returnValue === "yes");
        },
        onclick: (event) => event.target === dialog && dialog.close(""),
      },
      el(
        "div",
        { class: "dialog" },
        heading,
        body,
        el(
          "div",
          { class: "row end" },
          button(no, { kind: "plain", onclick: () => dialog.close("") }),
          button(yes, { kind: danger ? "danger" : "primary", "data-id": "yes", onclick: () => dialog.close("yes") }),
        ),
      ),
    );
    root.append(dialog);
    dialog.showModal();
  });
}
