// The fleet's kinds of devices as islands, and this home's devices where they lie among them.

import { tableOf } from "./chart.js";
import { archetypeColour, fit, palette, shareColour } from "./colours.js";
import { bdi, button, el, replace, searchField } from "./dom.js";
import { share, unpack } from "./packed.js";
import { Tip } from "./tip.js";
import { LearnedView } from "./view_learned.js";

const DAYS = 7;
const MARGIN = 56;
const NEAR = 14;
const [LEAST, MOST] = [1, 16];
const RADIUS = 6;
const STRETCH = 1.7;

export class MapView extends LearnedView {
  constructor(app) {
    super(app);
    this._by = "archetype";
    this._found = "";
    this._islands = [];
    this._zoom = 1;
    this._middle = [0, 0];
    this._pointers = new Map();
    const { texts } = app;
    this._choice = el("div", { class: "choice", role: "group", "aria-label": texts.t("colour_by") });
    this._tip = new Tip(320, 130);
    this._legend = el("div", { class: "legend" });
    this._table = el("div", { class: "card" });
    this._canvas = el("canvas", {
      tabindex: "0",
      role: "img",
      "aria-label": texts.t("map_label"),
      onwheel: (event) => this._wheel(event),
      onpointerdown: (event) => this._down(event),
      onpointermove: (event) => this._move(event),
      onpointerup: (event) => this._up(event),
      onpointercancel: (event) => this._up(event),
      onpointerleave: () => this._tip.hide(),
      onkeydown: (event) => this._key(event),
    });
    this._box = el(
      "div",
      { class: "card map" },
      this._canvas,
      el(
        "div",
        { class: "zoom" },
        button("", { icon: "plus", label: texts.t("zoom_in"), onclick: () => this._zoomBy(1.6) }),
        button("", { icon: "minus", label: texts.t("zoom_out"), onclick: () => this._zoomBy(1 / 1.6) }),
        button("", { icon: "fit", label: texts.t("zoom_all"), onclick: () => this._all() }),
      ),
    );
    this.node = el(
      "div",
      { class: "fill" },
      el(
        "div",
        { class: "row" },
        this._choice,
        searchField(texts.t("search"), (text) => this._search(text)),
        this._status,
      ),
      this._box,
      this._legend,
      this._table,
      this._tip.node,
    );
  }

  _choose() {
    const { texts } = this.app;
    replace(
      this._choice,
      ["archetype", "on_time"].map((by) =>
        button(texts.t(`by_${by}`), {
          "aria-pressed": String(by === this._by),
          "data-id": by,
          onclick: () => {
            this._by = by;
            this._choose();
            this._draw();
          },
        }),
      ),
    );
  }

  _ask() {
    const { link, texts } = this.app;
    return Promise.all([
      this._islands.length ? this._islands : link.ask("islands").then((all) => all.map((one) => texts.archetype(one))),
      link.ask("devices"),
      link.ask("timelines", { days: DAYS }),
    ]);
  }

  _take([islands, devices, lines]) {
    const { texts } = this.app;
    this._islands = islands;
    this._devices = devices
      .filter(({ map }) => map)
      .map((device) => ({
        ...device,
        archetype: texts.archetype(device.archetype),
        share: share(unpack(lines.devices[device.entity_id]?.on, lines.step, lines.end - lines.start)),
      }));
    this._count();
    this._tabulate();
    this._draw();
  }

  _tabulate() {
    const { texts } = this.app;
    const order = new Intl.Collator(this.app.hass.language).compare;
    replace(
      this._table,
      tableOf(
        texts.t("as_table"),
        ["device", "area", "archetype", "on_time"].map((name) => texts.t(`column_${name}`)),
        [...this._devices]
          .sort((a, b) => order(a.archetype.title, b.archetype.title) || order(a.name, b.name))
          .map((d) => [bdi(d.name), bdi(d.area ?? "–"), d.archetype.title, texts.percent(d.share)]),
      ),
    );
  }

  // Where things are

  _fit() {
    const places = [...this._islands, ...this._devices].map(({ map }) => map);
    const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const { clientWidth: width, clientHeight: height } = this._box;
    this._centre = [(left + right) / 2, (low + high) / 2];
    const [wide, tall] = [(width - 2 * MARGIN) / (right - left || 1), (height - 2 * MARGIN) / (high - low || 1)];
    this._unit = Math.min(wide, tall);
    // What lies near what is all that the map tells, so it may be stretched to use its place
    this._stretch = [Math.min(wide / this._unit, STRETCH), Math.min(tall / this._unit, STRETCH)];
    this._room = [width, height];
  }

  _at([x, y]) {
    const scale = this._unit * this._zoom;
    return [
      this._room[0] / 2 + (x - this._centre[0] - this._middle[0]) * scale * this._stretch[0],
      this._room[1] / 2 - (y - this._centre[1] - this._middle[1]) * scale * this._stretch[1],
    ];
  }

  _zoomBy(factor, point) {
    if (!this._room) return;
    const zoom = Math.min(Math.max(this._zoom * factor, LEAST), MOST);
    const [dx, dy] = point ? [point[0] - this._room[0] / 2, point[1] - this._room[1] / 2] : [0, 0];
    const shift = 1 / (this._unit * this._zoom) - 1 / (this._unit * zoom);
    this._middle = [this._middle[0] + (dx * shift) / this._stretch[0], this._middle[1] - (dy * shift) / this._stretch[1]];
    this._zoom = zoom;
    this._draw();
  }

  _pan(dx, dy) {
    const scale = this._unit * this._zoom;
    this._middle = [this._middle[0] - dx / scale / this._stretch[0], this._middle[1] + dy / scale / this._stretch[1]];
    this._draw();
  }

  _all() {
    [this._zoom, this._middle] = [1, [0, 0]];
    this._draw();
  }

  // What a person does

  _search(text) {
    this._found = text.trim().toLocaleLowerCase();
    const among = this._count();
    if (this._found && among.length === 1) {
      this._zoom = Math.max(this._zoom, 4);
      this._middle = [among[0].map[0] - this._centre[0], among[0].map[1] - this._centre[1]];
    }
    this._draw();
  }

  /** Return the devices that are searched for, and say how many they are; without a search all of them. */
  _count() {
    const among = this._devices.filter((device) => this._isFound(device));
    this._status.textContent = this.app.texts.n("devices", among.length);
    return among;
  }

  _isFound(device) {
    return [device.name, device.area ?? "", device.archetype.title].some((text) =>
      text.toLocaleLowerCase().includes(this._found),
    );
  }

  _wheel(event) {
    event.preventDefault();
    this._zoomBy(Math.exp(-event.deltaY / 300), [event.offsetX, event.offsetY]);
  }

  _down(event) {
    this._canvas.setPointerCapture?.(event.pointerId);
    this._pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  }

  _move(event) {
    const before = this._pointers.get(event.pointerId);
    const here = [event.offsetX, event.offsetY];
    if (!before) {
      this._hover(event);
      return;
    }
    const other = [...this._pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = ([x, y]) => Math.hypot(x - other[0], y - other[1]) || 1;
      this._zoomBy(apart(here) / apart(before), other);
    } else this._pan(here[0] - before[0], here[1] - before[1]);
    this._pointers.set(event.pointerId, here);
  }

  _up(event) {
    this._pointers.delete(event.pointerId);
    this._hover(event);
  }

  _hover(event) {
    if (!this._room) return;
    let [nearest, least] = [null, NEAR];
    for (const device of this._devices) {
      const [x, y] = this._at(device.map);
      const apart = Math.hypot(x - event.offsetX, y - event.offsetY);
      if (apart < least) [nearest, least] = [device, apart];
    }
    if (nearest !== this._near) {
      this._near = nearest;
      this._draw();
    }
    if (!nearest) {
      this._tip.hide();
      return;
    }
    const { texts } = this.app;
    const { archetype } = nearest;
    this._tip.show(
      event,
      bdi(nearest.name),
      nearest.area && el("div", {}, bdi(nearest.area)),
      el("div", {}, texts.t("like", { archetype: archetype.title, percent: texts.percent(archetype.probability) })),
      archetype.use && el("div", {}, archetype.use),
      el("div", {}, texts.t("on_share", { percent: texts.percent(nearest.share) })),
    );
  }

  _key(event) {
    const ways = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key in ways) this._pan(...ways[event.key]);
    else if (event.key === "+" || event.key === "=") this._zoomBy(1.4);
    else if (event.key === "-") this._zoomBy(1 / 1.4);
    else if (event.key === "0") this._all();
    else return;
    event.preventDefault();
  }

  // How it is drawn

  _fill() {
    this._draw();
  }

  _draw() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      if (this.node.isConnected && this._islands.length) this._paint();
    });
  }

  _paint() {
    const { clientWidth: width, clientHeight: height } = this._box;
    const context = fit(this._canvas, width, height);
    const colours = (this._colours ??= palette(this.node));
    const dark = Boolean(this.app.hass.themes?.darkMode);
    this._fit();
    const here = new Set(this._devices.map(({ archetype }) => archetype.index));
    const radius = Math.max(26, 0.16 * this._unit) * Math.sqrt(this._zoom);
    for (const { index, map } of this._islands) {
      const [x, y] = this._at(map);
      const glow = context.createRadialGradient(x, y, 0, x, y, radius);
      const strength = here.has(index) ? 0.34 : 0.16;
      glow.addColorStop(0, archetypeColour(index, dark, strength));
      glow.addColorStop(1, archetypeColour(index, dark, 0));
      context.fillStyle = glow;
      context.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
    }
    const labels = new Labels(context, width, height);
    const named = this._found ? this._devices.filter((device) => this._isFound(device)) : [];
    for (const device of this._devices) {
      const [x, y] = this._at(device.map);
      const off = this._found && !this._isFound(device);
      context.globalAlpha = off ? 0.25 : 1;
      context.beginPath();
      context.arc(x, y, device === this._near ? RADIUS + 3 : RADIUS, 0, 2 * Math.PI);
      context.fillStyle =
        this._by === "archetype" ? archetypeColour(device.archetype.index, dark) : shareColour(device.share, dark);
      context.fill();
      context.lineWidth = 2;
      context.strokeStyle = device === this._near ? colours.text : colours.card;
      context.stroke();
      labels.block(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
    }
    context.globalAlpha = 1;
    context.fillStyle = colours.text;
    const nearby = this._zoom >= 2.5 || this._devices.length <= 12 ? this._devices : named;
    context.font = "500 12px Roboto, Noto, sans-serif";
    for (const device of nearby.slice(0, 150)) labels.put(device.name, ...this._at(device.map), RADIUS + 4);
    context.fillStyle = colours.quiet;
    context.font = "italic 12px Roboto, Noto, sans-serif";
    const order = [...this._islands].sort((a, b) => here.has(b.index) - here.has(a.index));
    for (const { title, map } of order) labels.put(title, ...this._at(map), 10);
    this._explain(dark);
  }

  _explain(dark) {
    const { texts } = this.app;
    const key = `${this._by}${dark}${this._devices.length}`;
    if (key === this._explained) return;
    this._explained = key;
    if (this._by === "on_time") {
      replace(
        this._legend,
        [0, 0.05, 0.25, 0.6, 1].map((part) =>
          el("span", {}, el("i", { style: { background: shareColour(part, dark) } }), texts.percent(part)),
        ),
        el("span", {}, texts.n("last_days", DAYS)),
      );
    } else replace(this._legend, el("span", {}, texts.t("map_help")));
  }
}

/** Labels that leave each other alone: one that would lie on another is left out. */
class Labels {
  constructor(context, width, height) {
    Object.assign(this, { context, width, height, taken: [] });
  }

  block(x, y, width, height) {
    this.taken.push([x, y, x + width, y + height]);
  }

  put(text, x, y, beside) {
    const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
    const width = this.context.measureText(short).width;
    const box = [x + beside, y - 8, x + beside + width, y + 8];
    if (box[2] > this.width - 4 || box[0] < 4) [box[0], box[2]] = [x - beside - width, x - beside];
    if (box[0] < 4 || box[1] < 4 || box[2] > this.width - 4 || box[3] > this.height - 4) return;
    if (this.taken.some((t) => box[0] < t[2] && t[0] < box[2] && box[1] < t[3] && t[1] < box[3])) return;
    this.taken.push(box);
    this.context.textBaseline = "middle";
    this.context.fillText(short, box[0], y);
  }
}
