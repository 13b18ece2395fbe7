// What looking back has shown, whether chances are honest, and what may be done without asking on that.

import { reliability } from "./chart.js";
import { bdi, el, icon, replace } from "./dom.js";

const [JUDGED, DONE, LOW, HIGH, MINUTES, UNTOLD] = [0, 1, 2, 3, 4, 5];

export class TrustView {
  constructor(app) {
    this.app = app;
    this._all = false;
    this.node = el("div", { class: "page wide" }, el("p", { class: "quiet", role: "status" }, app.texts.t("loading")));
  }

  show() {
    this._load();
  }

  update(now) {
    const key = JSON.stringify([now.automatic, now.shadow, now.proving === null, now.stage, now.rules, now.recent.length]);
    if (this._seen !== undefined && key !== this._seen) this._load();
    this._seen = key;
  }

  async _load() {
    try {
      this._data = await this.app.link.ask("trust");
      this._render();
    } catch (error) {
      replace(this.node, el("p", { class: "quiet", role: "status" }, this.app.texts.error(error)));
    }
  }

  _render() {
    const { texts } = this.app;
    const { found, proving, kinds, devices, reliability: bins } = this._data;
    const known = found?.days > 0;
    replace(
      this.node,
      proving === null
        ? null
        : el("div", { class: "notice", role: "status" }, icon("again"), `${texts.t("proving")} ${texts.percent(proving / 100)}`),
      known ? this._headline(found) : this._nothing(),
      el(
        "div",
        { class: "two" },
        el(
          "section",
          { class: "section", "aria-labelledby": "kinds" },
          el("h2", { id: "kinds" }, texts.t("by_kind")),
          el("div", { class: "card padded" }, this._kinds(kinds)),
        ),
        el(
          "section",
          { class: "section", "aria-labelledby": "honest" },
          el("h2", { id: "honest" }, texts.t("reliability")),
          el(
            "div",
            { class: "card padded" },
            bins.length ? reliability(bins, texts) : el("p", { class: "quiet" }, texts.t("no_answers")),
          ),
        ),
      ),
      el(
        "section",
        { class: "section", "aria-labelledby": "devices" },
        el("h2", { id: "devices" }, texts.t("by_device")),
        el("p", { class: "quiet" }, texts.t(this._data.admin ? "allow_help" : "allow_member")),
        el("div", { class: "card padded" }, this._devices(devices)),
      ),
    );
  }

  _nothing() {
    const { texts } = this.app;
    return el(
      "div",
      { class: "card empty" },
      el("div", { class: "badge" }, icon("shield")),
      el("h2", {}, texts.t("not_looked_back")),
      el("p", { class: "quiet" }, texts.t("not_looked_back_help")),
    );
  }

  _headline({ days, raised, acted, made }) {
    const { texts } = this.app;
    const between = (tally) =>
      tally.judged
        ? texts.t("between", { low: texts.percent(tally.precision_low), high: texts.percent(tally.precision_high) })
        : "";
    const saved = raised.watt_hours_saved;
    const items = [
      ["right", raised.judged ? texts.percent(raised.precision) : "–", `${texts.n("of_hunches", raised.judged, { right: texts.number(raised.done) })} ${between(raised)}`],
      ["false_a_week", raised.false_a_week === null ? "–" : texts.number(raised.false_a_week, 1), texts.t("false_help")],
      ["saved", raised.minutes_saved ? texts.duration(60 * raised.minutes_saved) : "–", saved === null ? texts.t("saved_help") : texts.t("saved_energy", { kwh: texts.number(saved / 1000, 2) })],
      ["acted", acted.judged ? texts.percent(acted.precision) : "–", acted.judged ? `${texts.n("of_actions", acted.judged, { right: texts.number(acted.done) })} ${between(acted)}` : texts.t("no_acted")],
    ];
    return el(
      "section",
      { class: "section", "aria-labelledby": "back" },
      el("h2", { id: "back" }, texts.n("looking_back", Math.round(days))),
      el(
        "dl",
        { class: "card headline" },
        items.map(([name, value, help]) =>
          el("div", {}, el("dt", {}, texts.t(`headline_${name}`)), el("dd", {}, value, el("span", { class: "small" }, help))),
        ),
      ),
      el("p", { class: "quiet small" }, texts.t("looked_back_at", { moment: texts.moment(made) })),
      raised.untold ? el("p", { class: "quiet small" }, texts.n("untold", raised.untold)) : null,
    );
  }

  _table(columns, rows) {
    const { texts } = this.app;
    return el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          columns.map((name) =>
            el(
              "th",
              { scope: "col", class: { allowed: "end", interval: "optional", saved: "optional" }[name] ?? null },
              texts.t(`column_${name}`),
            ),
          ),
        ),
      ),
      el("tbody", {}, rows),
    );
  }

  _kinds(kinds) {
    const { texts } = this.app;
    const known = this._data.found?.days > 0;
    if (!kinds.length) return el("p", { class: "quiet" }, texts.t("no_devices"));
    return this._table(
      ["what", "right", "interval", "allowed"],
      kinds.map(({ kind, raised, allowable, allowed, forbidden }) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, texts.kind(kind)),
          el("td", { class: "number" }, this._share(raised?.judged ?? 0, raised?.done ?? 0, raised?.untold ?? 0)),
          el("td", { class: "optional" }, raised ? interval(raised.precision_low, raised.precision, raised.precision_high) : null),
          el(
            "td",
            { class: "end" },
            forbidden || !(known || allowed)
              ? el("span", { class: "quiet small" }, texts.t(forbidden ? "is_forbidden" : "unproven"))
              : allowable
                ? this._switch(`kind:${kind}`, allowed, texts.kind(kind), (event) =>
                    this._allow(event.currentTarget, { entity_id: null, kind }, allowed ? [kind] : null, texts.kind(kind), raised && [
                      raised.judged, raised.done, raised.precision_low, raised.precision_high, null, raised.untold,
                    ]),
                  )
                : el("span", { class: "quiet small" }, texts.t("one_by_one")),
          ),
        ),
      ),
    );
  }

  _devices(devices) {
    const { texts } = this.app;
    if (!devices.length) return el("p", { class: "quiet" }, texts.t("no_devices"));
    const order = new Intl.Collator(this.app.hass.language).compare;
    const sorted = [...devices].sort(
      (a, b) => hunches(b.raised) - hunches(a.raised) || order(a.name, b.name),
    );
    const told = sorted.filter((d) => hunches(d.raised) > 0 || d.allowed || d.forbidden);
    const shown = this._all || told.length < 3 ? sorted : told;
    const table = this._table(
      ["device", "right", "interval", "saved", "allowed"],
      shown.map((device) => this._device(device)),
    );
    if (shown.length === sorted.length) return table;
    const rest = sorted.length - shown.length;
    const more = () => {
      this._all = true;
      this._render();
    };
    return [table, el("button", { type: "button", class: "button plain", onclick: more }, texts.n("show_more", rest))];
  }

  _device(device) {
    const { texts } = this.app;
    const { entity_id: key, name, raised, never, own, allowed, forbidden } = device;
    const right = raised?.[JUDGED] ? raised[DONE] / raised[JUDGED] : null;
    const why = forbidden ? texts.t("is_forbidden") : never ? texts.t(`never_${never}`) : raised ? null : texts.t("unproven");
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, bdi(name), device.area ? el("div", { class: "quiet small" }, bdi(device.area)) : null),
      el("td", { class: "number" }, raised ? this._share(raised[JUDGED], raised[DONE], raised[UNTOLD]) : "–"),
      el("td", { class: "optional" }, right === null ? null : interval(raised[LOW], right, raised[HIGH])),
      el("td", { class: "optional number" }, raised?.[MINUTES] ? texts.duration(60 * raised[MINUTES]) : "–"),
      el(
        "td",
        { class: "end" },
        why
          ? el("span", { class: "quiet small" }, why)
          : allowed && !own.length
            ? el("span", { class: "quiet small" }, texts.t("by_its_kind"))
            : this._switch(`device:${key}`, allowed, name, (event) =>
                this._allow(event.currentTarget, { entity_id: key, kind: null }, allowed ? own : null, name, raised),
              ),
      ),
    );
  }

  _share(judged, done, untold) {
    const { texts } = this.app;
    if (!judged) return untold ? el("span", { class: "quiet small" }, texts.t("cannot_tell")) : "–";
    return texts.t("right_of", { right: texts.number(done), count: texts.number(judged) });
  }

  _switch(id, on, name, onclick) {
    return el("button", {
      type: "button",
      class: "switch",
      role: "switch",
      "aria-checked": String(on),
      "aria-label": this.app.texts.t("allow", { name }),
      "data-id": id,
      disabled: !this._data.admin,
      onclick,
    });
  }

  /** Allow something after its proof was shown, or take back the rules of these kinds that allow it. */
  async _allow(pressed, scope, kinds, name, proof) {
    const { app } = this;
    const { texts } = app;
    if (kinds) {
      for (const kind of kinds) await app.send(pressed, "rule", { rule: "allow", ...scope, kind, remove: true }, texts.t("no_longer"));
    } else {
      const told = proof?.[JUDGED]
        ? texts.n("proof", proof[JUDGED], {
            right: texts.number(proof[DONE]),
            low: texts.percent(proof[LOW]),
            high: texts.percent(proof[HIGH]),
            days: texts.number(this._data.found.days),
          })
        : proof?.[UNTOLD]
          ? null
          : texts.t("proof_none");
      const sure = await app.confirm({
        title: texts.t("allow_title"),
        body: [
          el("p", {}, bdi(name)),
          told && el("p", {}, told),
          proof?.[UNTOLD] ? el("p", {}, texts.n("untold", proof[UNTOLD])) : null,
          el("p", { class: "quiet" }, texts.t("always_means")),
        ],
        yes: texts.t("allow_yes"),
      });
      if (!sure) return;
      const on = this._data.automatic;
      await app.send(pressed, "rule", { rule: "allow", ...scope, remove: false }, texts.t(on ? "allowed_now" : "allowed_but_off"));
    }
    await this._load();
  }
}

/** How many there were, whether or not history tells that they were right; -1 where nobody has looked. */
function hunches(raised) {
  return raised ? raised[JUDGED] + raised[UNTOLD] : -1;
}

/** A share and the interval around it, for the eye; the numbers are in the cell beside it. */
function interval(low, share, high) {
  if (share === null || share === undefined) return null;
  const at = (p) => `${(100 * p).toFixed(1)}%`;
  return el(
    "span",
    { class: "interval", "aria-hidden": "true" },
    el("i", { style: { left: at(low), right: at(1 - high) } }),
    el("b", { style: { left: at(share) } }),
  );
}
