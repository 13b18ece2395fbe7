// Charts, each with the same numbers as a table for those who do not see it.

import { el, svg } from "./dom.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [348, 150, 34, 20, 8];

/** A path through points, its first a move. */
const path = (points) => points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** A table that is folded away: `head` names its columns, the first of which names its rows. */
export function tableOf(title, head, rows) {
  return el(
    "details",
    {},
    el("summary", {}, title),
    el(
      "div",
      {},
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))),
        el(
          "tbody",
          {},
          rows.map(([name, ...cells]) =>
            el("tr", {}, el("th", { scope: "row" }, name), cells.map((cell) => el("td", { class: "number" }, cell))),
          ),
        ),
      ),
    ),
  );
}

function frame(label, ...children) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, children);
}

function scale(texts) {
  const y = (p) => TOP + (1 - p) * (HEIGHT - TOP - BOTTOM);
  return {
    y,
    lines: [0, 0.5, 1].map((p) => [
      svg("line", { class: "rule", x1: LEFT, x2: WIDTH, y1: y(p), y2: y(p) }),
      svg("text", { x: LEFT - 5, y: y(p) + 4, "text-anchor": "end" }, texts.percent(p)),
    ]),
  };
}

/** What was expected of a device and what it did in the last day, and what is expected of it in the next. */
export function chart(expected, texts) {
  const { past, was, ahead, hour } = expected;
  const width = WIDTH - LEFT;
  const x = (i) => LEFT + (i / (past.length + ahead.length)) * width;
  const { y, lines } = scale(texts);
  const half = past.length;
  const points = (values, from) => values.map((p, i) => [x(from + i + 0.5), y(p)]);
  const next = points(ahead, half);
  const hours = [];
  for (let i = 8; i < half + ahead.length; i += 8) hours.push(i); // "11:30 PM" has room
  return el(
    "figure",
    { class: "stack" },
    frame(
      texts.t("chart"),
      lines,
      was.map((share, i) =>
        share ? svg("rect", { class: "was", x: x(i) + 0.5, width: x(1) - x(0) - 1, y: y(share), height: y(0) - y(share) }) : null,
      ),
      svg("path", { class: "area", d: `${path([[next[0][0], y(0)], ...next, [next.at(-1)[0], y(0)]])}Z` }),
      svg("path", { class: "line", d: path([...points(past, 0), ...next]) }),
      svg("line", { class: "now", x1: x(half), x2: x(half), y1: TOP, y2: y(0) }),
      hours.map((i) =>
        svg(
          "text",
          { x: x(i), y: HEIGHT - 4, "text-anchor": "middle" },
          i === half ? texts.t("chart_now") : texts.hour(hour + (i - half) * 3600),
        ),
      ),
    ),
    el(
      "figcaption",
      { class: "legend" },
      el("span", {}, el("i", { style: { background: "var(--state-light-active-color, #ffc107)" } }), texts.t("chart_was")),
      el("span", {}, el("i", { style: { background: "var(--accent-text)" } }), texts.t("chart_expected")),
    ),
    tableOf(
      texts.t("as_table"),
      ["hour", "expected", "was"].map((name) => texts.t(`column_${name}`)),
      [...past, ...ahead].map((p, i) => [
        texts.moment(hour + (i - half) * 3600),
        texts.chance(p),
        i < half && was[i] !== null ? texts.percent(was[i]) : "–",
      ]),
    ),
  );
}

/** How often what was called so likely was right: on the diagonal, chances are honest. */
export function reliability(bins, texts) {
  const { y, lines } = scale(texts);
  const x = (p) => LEFT + p * (WIDTH - LEFT - 6);
  const most = Math.max(...bins.map(({ count }) => count));
  return el(
    "figure",
    { class: "stack" },
    frame(
      texts.t("reliability"),
      lines,
      svg("line", { class: "now", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
      bins.map(({ expected, right, count }) =>
        svg(
          "circle",
          { class: "dot", cx: x(expected), cy: y(right / count), r: 3 + 6 * Math.sqrt(count / most) },
          svg("title", {}, texts.t("reliability_of", { right: texts.number(right), count: texts.number(count) })),
        ),
      ),
      [0, 0.5, 1].map((p) =>
        svg(
          "text",
          { x: x(p), y: HEIGHT - 4, "text-anchor": ["start", "middle", "end"][2 * p] },
          texts.percent(p),
        ),
      ),
    ),
    el("figcaption", { class: "quiet small" }, texts.t("reliability_help")),
    tableOf(
      texts.t("as_table"),
      ["chance", "right", "answers"].map((name) => texts.t(`column_${name}`)),
      bins.map(({ expected, right, count }) => [texts.percent(expected), texts.percent(right / count), texts.number(count)]),
    ),
  );
}
