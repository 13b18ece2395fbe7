// When every device was on, on one grid; what each is like; and when it is expected to be on.

import { chart } from "./chart.js";
import { fit, palette } from "./colours.js";
import { bdi, button, deviceIcon, el, replace, searchField } from "./dom.js";
import { share, turnAt, unpack } from "./packed.js";
import { Tip } from "./tip.js";
import { LearnedView } from "./view_learned.js";

const ROW = 32;
const RANGES = [1, 3, 7, 14];
const NAMES = { wide: 250, narrow: 132 };
const MOST_HOURS = 9;
const STEPS = [1, 2, 3, 6, 12];
const WAIT = 200;
const DAY_LABEL = 76;

export class DevicesView extends LearnedView {
  constructor(app) {
    super(app);
    this._days = 3;
    this._filter = "";
    this._rows = [];
    this._shown = new Map();
    this._lines = null;
    this._selected = null;
    const { texts } = app;
    this._ranges = el("div", { class: "choice", role: "group", "aria-label": texts.t("range") });
    this._axis = el("div", { class: "axis", "aria-hidden": "true" });
    this._canvas = el("canvas", { "aria-hidden": "true" });
    this._list = el("div", { class: "rows", role: "presentation" });
    this._tip = new Tip(300, 80);
    this._box = el(
      "div",
      {
        class: "scroll",
        role: "listbox",
        tabindex: "0",
        "aria-label": texts.t("view_devices"),
        onscroll: () => this._soon(),
        onkeydown: (event) => this._key(event),
        onclick: (event) => this._click(event),
        onpointermove: (event) => this._point(event),
        onpointerleave: () => this._tip.hide(),
      },
      this._canvas,
      this._list,
    );
    this._grid = el("div", { class: "card grid", dir: "ltr" }, this._axis, this._box);
    this._detail = el("section", { class: "card detail", hidden: true, "aria-live": "polite" });
    this._split = el("div", { class: "split" }, this._grid, this._detail);
    this.node = el(
      "div",
      { class: "fill" },
      el(
        "div",
        { class: "row" },
        this._ranges,
        searchField(texts.t("search"), (text) => {
          this._filter = text;
          this._arrange();
        }),
        this._status,
      ),
      this._split,
      this._tip.node,
    );
  }

  // What is shown

  _choose() {
    const { texts } = this.app;
    replace(
      this._ranges,
      RANGES.map((days) =>
        button(texts.n("days", days), {
          "aria-pressed": String(days === this._days),
          "data-id": `days:${days}`,
          onclick: () => {
            this._days = days;
            this._choose();
            this._load();
          },
        }),
      ),
    );
  }

  _ask() {
    const { link } = this.app;
    return Promise.all([link.ask("timelines", { days: this._days }), link.ask("devices")]);
  }

  _take([lines, devices]) {
    const span = lines.end - lines.start;
    this._lines = lines;
    this._devices = devices.map((device) => {
      const packed = lines.devices[device.entity_id] ?? {};
      const on = unpack(packed.on, lines.step, span);
      const archetype = this.app.texts.archetype(device.archetype);
      return { ...device, archetype, on, gap: unpack(packed.gap, lines.step, span), share: share(on) };
    });
    this._arrange();
    this._fill();
  }

  _arrange() {
    const { texts } = this.app;
    const wanted = this._filter.trim().toLocaleLowerCase();
    const fits = (device) =>
      [device.name, device.area ?? "", device.archetype?.title ?? ""].some((text) =>
        text.toLocaleLowerCase().includes(wanted),
      );
    const order = new Intl.Collator(this.app.hass.language).compare;
    const areas = new Map();
    for (const device of this._devices.filter(fits)) {
      const area = device.area ?? "";
      if (!areas.has(area)) areas.set(area, []);
      areas.get(area).push(device);
    }
    this._rows = [];
    let place = 0;
    for (const area of [...areas.keys()].sort((a, b) => (a === "") - (b === "") || order(a, b))) {
      this._rows.push({ area: area || texts.t("no_area") });
      for (const device of areas.get(area).sort((a, b) => order(a.name, b.name))) {
        place += 1;
        this._rows.push({ device, place });
      }
    }
    this._count = place;
    this._list.style.height = `${this._rows.length * ROW}px`;
    this._list.replaceChildren();
    this._shown.clear();
    if (this._lines) this._status.textContent = texts.n("devices", place);
    this._soon();
  }

  _fill() {
    const narrow = this._box.clientWidth < 520;
    this._names = narrow ? NAMES.narrow : NAMES.wide;
    this._box.style.setProperty("--names", `${this._names - 8}px`);
    if (this._lines) this._marks();
    this._reveal(this._rows.findIndex(({ device }) => device && device.entity_id === this._selected));
    this._soon();
  }

  /** Scroll as little as it takes for a row to be in sight. */
  _reveal(i) {
    const { scrollTop: top, clientHeight: height } = this._box;
    if (i < 0) return;
    if (i * ROW < top) this._box.scrollTop = (i - 1) * ROW;
    else if ((i + 1) * ROW > top + height) this._box.scrollTop = (i + 1) * ROW - height;
  }

  /** Mark days, and hours where there is room; midnights are those of this person's clock. */
  _marks() {
    const { texts } = this.app;
    const { start, end } = this._lines;
    const width = this._box.clientWidth - this._names;
    const hours = (end - start) / 3600;
    const step = STEPS.find((candidate) => hours / candidate <= Math.min(MOST_HOURS, width / 56));
    this._ticks = [];
    for (const day of texts.midnights(start, end)) {
      this._ticks.push({ at: (day - start) / (end - start), day: true, text: texts.weekday(day) });
      if (hours > 24 * 3 || !step) continue;
      for (let hour = step; hour < 24; hour += step) {
        const moment = day + hour * 3600;
        this._ticks.push({ at: (moment - start) / (end - start), text: texts.hour(moment) });
      }
    }
    const room = Math.ceil(DAY_LABEL / (width / (hours / 24)));
    let days = 0;
    replace(
      this._axis,
      this._ticks
        .filter(({ at, day }) => at >= 0 && at <= 1 - 24 / width && (!day || days++ % room === 0))
        .map(({ at, text }) => el("span", { style: { left: `${this._names + at * width}px` } }, text)),
    );
  }

  // How it is drawn

  _soon() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._draw();
    });
  }

  _draw() {
    if (!this._lines || !this.node.isConnected) return;
    const { clientWidth: width, clientHeight: height, scrollTop: top } = this._box;
    const context = fit(this._canvas, width, height);
    this._canvas.style.marginBottom = `-${height}px`;
    const colours = (this._colours ??= palette(this.node));
    const [left, room] = [this._names, width - this._names];
    const first = Math.max(0, Math.floor(top / ROW));
    const last = Math.min(this._rows.length, Math.ceil((top + height) / ROW));
    for (const { at, day } of this._ticks) {
      if (at < 0) continue;
      context.globalAlpha = day ? 1 : 0.45;
      context.fillStyle = colours.line;
      context.fillRect(Math.round(left + at * room), 0, 1, height);
    }
    context.globalAlpha = 1;
    for (let i = first; i < last; i++) {
      const { device } = this._rows[i];
      const y = i * ROW - top;
      if (!device) {
        context.fillStyle = colours.line;
        context.fillRect(0, Math.round(y + ROW) - 1, width, 1);
        continue;
      }
      context.fillStyle = colours.quiet;
      context.globalAlpha = 0.16;
      stripes(context, device.gap, left, room, y + ROW / 2 - 1, 2);
      context.globalAlpha = 1;
      context.fillStyle = colours.domain(device.entity_id);
      stripes(context, device.on, left, room, y + 8, ROW - 16);
    }
    this._present(first, last);
  }

  /** Keep nodes for the rows in sight alone. */
  _present(first, last) {
    for (const [i, node] of this._shown) {
      if (i < first || i >= last) {
        node.remove();
        this._shown.delete(i);
      }
    }
    for (let i = first; i < last; i++) {
      if (this._shown.has(i)) continue;
      const node = this._row(i);
      this._shown.set(i, node);
      this._list.append(node);
    }
    const at = this._rows.findIndex(({ device }) => device && device.entity_id === this._selected);
    if (this._shown.has(at)) this._box.setAttribute("aria-activedescendant", `row-${at}`);
    else this._box.removeAttribute("aria-activedescendant");
  }

  _row(i) {
    const { area, device, place } = this._rows[i];
    const style = { top: `${i * ROW}px` };
    if (!device) return el("div", { class: "area", style, "aria-hidden": "true" }, bdi(area));
    const title = device.archetype?.title;
    return el(
      "div",
      {
        class: "device",
        style,
        role: "option",
        id: `row-${i}`,
        "data-row": i,
        "aria-selected": String(device.entity_id === this._selected),
        "aria-posinset": place,
        "aria-setsize": this._count,
      },
      el("span", { dir: "auto" }, bdi(device.name), title && el("span", { class: "small" }, title)),
      el("span", { class: "hidden" }, this._summary(device)),
    );
  }

  _use(device) {
    const { texts } = this.app;
    const uses = texts.n("uses", device.on.length / 2);
    if (!device.share) return uses;
    return `${uses}, ${texts.t("on_for", { duration: texts.duration(device.share * this._days * 86400) })}`;
  }

  _summary(device) {
    return [device.area, this._use(device)].filter(Boolean).join(", ");
  }

  // What a person does

  _click(event) {
    const row = event.target.closest?.("[data-row]");
    if (row) this._select(Number(row.dataset.row));
  }

  _key(event) {
    const page = Math.max(1, Math.floor(this._box.clientHeight / ROW) - 1);
    const way = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Escape" && this._selected) this._close();
    if (way === undefined || !this._count) return;
    event.preventDefault();
    const at = this._rows.findIndex(({ device }) => device?.entity_id === this._selected);
    const least = Math.sign(way) || 1;
    let to = Math.min(Math.max(at < 0 && way > 0 && way < Infinity ? 0 : at + way, 0), this._rows.length - 1);
    while (this._rows[to] && !this._rows[to].device) to += to <= 0 ? 1 : least;
    if (this._rows[to]?.device) this._select(to, true);
  }

  _point(event) {
    const box = this._box.getBoundingClientRect();
    const row = this._rows[Math.floor((event.clientY - box.top + this._box.scrollTop) / ROW)];
    const at = (event.clientX - box.left - this._names) / (this._box.clientWidth - this._names);
    if (!row?.device || !this._lines || at < 0 || at > 1 || event.pointerType === "touch") {
      this._tip.hide();
      return;
    }
    const { texts } = this.app;
    const { start, end } = this._lines;
    const moment = (part) => texts.moment(start + part * (end - start));
    const i = turnAt(row.device.on, at);
    const unknown = turnAt(row.device.gap, at) >= 0;
    const told =
      i >= 0
        ? texts.t("on_from", { from: moment(row.device.on[i]), until: moment(row.device.on[i + 1]) })
        : texts.t(unknown ? "unknown_at" : "off_at", { time: moment(at) });
    this._tip.show(event, bdi(row.device.name), el("div", {}, told));
  }

  _select(i, byKey = false) {
    const { device } = this._rows[i];
    this._selected = device.entity_id;
    this._tip.hide();
    for (const [row, node] of this._shown) node.setAttribute("aria-selected", String(row === i));
    this._reveal(i);
    this._draw();
    this._shown.get(i)?.setAttribute("aria-selected", "true");
    clearTimeout(this._waiting);
    this._waiting = setTimeout(() => this._describe(device), byKey ? WAIT : 0);
  }

  _close() {
    this._selected = null;
    this._detail.hidden = true;
    this._split.classList.remove("open");
    for (const node of this._shown.values()) node.setAttribute("aria-selected", "false");
    this._draw();
    this._box.focus();
  }

  async _describe(device) {
    const { app } = this;
    this._detail.hidden = false;
    this._split.classList.add("open");
    this._tell(device, null);
    try {
      const expected = await app.link.ask("expected", { entity_id: device.entity_id });
      if (this._selected === device.entity_id) this._tell(device, expected);
    } catch (error) {
      if (this._selected === device.entity_id) this._tell(device, null, app.texts.error(error));
    }
  }

  _tell(device, expected, trouble) {
    const { texts } = this.app;
    const kind = device.archetype;
    const lines = [
      kind && texts.t("like", { archetype: kind.title, percent: texts.percent(kind.probability) }),
      kind?.use && texts.t("like_use", { use: kind.use }),
      device.history_days >= 1 && texts.n("known_for", Math.round(device.history_days)),
      this._summaryOf(device),
      expected?.usual_minutes &&
        texts.t("usual_minutes", {
          low: texts.duration(60 * expected.usual_minutes[0]),
          high: texts.duration(60 * expected.usual_minutes[1]),
        }),
      expected?.usual_off_hour != null && texts.t("usual_off", { time: texts.clock(expected.usual_off_hour) }),
    ].filter(Boolean);
    replace(
      this._detail,
      el(
        "div",
        { class: "row tight" },
        el("div", { class: "badge" }, deviceIcon(device.entity_id)),
        el("h2", {}, bdi(device.name), device.area && el("div", { class: "quiet small" }, bdi(device.area))),
        button("", { icon: "close", label: texts.t("close"), kind: "plain", "data-id": "close", onclick: () => this._close() }),
      ),
      el(
        "ul",
        { class: "evidence" },
        lines.map((line) => el("li", {}, el("span", {}, line))),
      ),
      expected
        ? chart(expected, texts)
        : el("p", { class: "quiet" }, trouble ?? texts.t("loading")),
    );
  }

  _summaryOf(device) {
    const { texts } = this.app;
    return `${texts.n("last_days", this._days)}: ${this._use(device)}`;
  }
}

function stripes(context, edges, left, room, top, height) {
  context.beginPath();
  for (let i = 1; i < edges.length; i += 2) {
    const from = left + edges[i - 1] * room;
    context.rect(from, top, Math.max((edges[i] - edges[i - 1]) * room, 1.2), height);
  }
  context.fill();
}
