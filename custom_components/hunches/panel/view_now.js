// What seems to have been forgotten, what it rests on, and what can be done about it.

import { bar, bdi, button, deviceIcon, el, icon, replace, rich } from "./dom.js";

const SHOWN = 4;
const tense = ({ outcome }) => (outcome === "failed" ? "could_not" : "did");

export class NowView {
  constructor(app) {
    this.app = app;
    this.node = el("div", { class: "page" });
    this._why = new Set();
    this._details = false;
  }

  update(now) {
    this._now = now;
    const { texts } = this.app;
    replace(
      this.node,
      this._home(now),
      this._progress(now),
      el(
        "section",
        { class: "section", "aria-labelledby": "open" },
        el("h2", { id: "open", tabindex: "-1", class: now.hunches.length ? null : "hidden" }, texts.n("open", now.hunches.length)),
        now.hunches.length ? now.hunches.map((hunch) => this._hunch(hunch)) : this._nothing(now),
      ),
      now.recent.length ? this._recent(now.recent) : null,
      now.declined.length ? this._declined(now.declined) : null,
    );
  }

  _home({ context }) {
    if (!context) return null;
    const { texts } = this.app;
    const gauges = [
      ["away", context.away],
      ["asleep", context.asleep],
      ["dark", context.dark],
    ];
    return el(
      "dl",
      { class: "card gauges" },
      gauges.map(([name, p]) =>
        el(
          "div",
          {},
          icon(name === "asleep" ? "sleep" : name),
          el("dt", {}, texts.t(name)),
          el("dd", { class: "number" }, texts.chance(p)),
          bar(p),
        ),
      ),
    );
  }

  _progress({ stage, reason, done, total, proving }) {
    const { texts } = this.app;
    const learning = stage === "reading" || stage === "learning";
    if (!learning && !reason && proving === null && stage === "ready") return null;
    const status = "entity.sensor.open_hunches.state_attributes";
    const text = reason
      ? texts.of(`${status}.reason.state.${reason}`)
      : stage === "ready"
        ? texts.t("proving")
        : texts.of(`${status}.stage.state.${stage}`);
    const share = learning ? (total ? done / total : 0) : (proving ?? 0) / 100;
    return el(
      "div",
      { class: "notice", role: "status" },
      icon(reason ? "warning" : "again"),
      el(
        "div",
        { class: "grow stack" },
        el("span", {}, text, share ? ` ${texts.percent(share)}` : ""),
        share ? bar(share) : null,
      ),
    );
  }

  _nothing({ stage, devices, evidence, since, enough }) {
    const { texts } = this.app;
    const ready = stage === "ready";
    const watched = { devices: texts.n("devices", devices), evidence: texts.n("sensors", evidence) };
    return el(
      "div",
      { class: "card empty" },
      el("div", { class: "badge" }, icon(ready ? "check" : "again")),
      el("h3", {}, texts.t(ready ? "nothing" : "not_yet")),
      el(
        "p",
        { class: "quiet" },
        devices || evidence
          ? since
            ? texts.t("watching_since", { ...watched, date: texts.date(since) })
            : texts.t("watching", watched)
          : ready && texts.t("no_devices"),
      ),
      enough > Date.now() / 1000 ? el("p", { class: "quiet" }, texts.t("enough", { date: texts.date(enough) })) : null,
    );
  }

  _hunch(hunch) {
    const { texts } = this.app;
    const id = `hunch-${hunch.key}`;
    const open = this._why.has(hunch.key);
    const flow = `issues.${hunch.kind}.fix_flow.step.init.menu_options`;
    const lines = hunch.evidence.map((line) => texts.said(line));
    const others = hunch.p_fleet !== null && texts.chance(hunch.p_fleet);
    if (others && others !== texts.chance(hunch.p_accept)) lines.push(texts.t("fleet", { percent: others }));
    const answer = (name, text, attributes) =>
      button(text, {
        "data-id": `${name}:${hunch.key}`,
        "aria-describedby": id,
        onclick: (event) => this._answer(event.currentTarget, hunch, name),
        ...attributes,
      });
    return el(
      "article",
      { class: "card hunch", "aria-labelledby": id },
      el(
        "div",
        { class: "head" },
        el("div", { class: "badge on" }, deviceIcon(hunch.entity_id)),
        el(
          "div",
          { class: "grow" },
          el("h3", { id }, rich(texts.of(`issues.${hunch.kind}.title`), { name: bdi(hunch.name) })),
          hunch.area ? el("div", { class: "quiet" }, bdi(hunch.area)) : null,
        ),
        el("span", { class: "chip tint number" }, texts.t("sure", { percent: texts.chance(hunch.p_accept) })),
      ),
      el(
        "ul",
        { class: "evidence" },
        lines.slice(0, open ? lines.length : SHOWN).map((line) => el("li", {}, el("span", {}, line))),
      ),
      el(
        "div",
        { class: "row" },
        hunch.may_answer
          ? [
              answer("accept", texts.of(`${flow}.accept`), { kind: "primary" }),
              answer("not_now", texts.of(`${flow}.not_now`)),
              hunch.may_always ? answer("always", texts.of(`${flow}.always`), { kind: "plain" }) : null,
              this._now.admin ? answer("never", texts.of(`${flow}.never`), { kind: "plain" }) : null,
            ]
          : el("span", { class: "quiet grow" }, texts.t("may_only_look")),
        button(texts.t(open ? "why_less" : "why"), {
          kind: "plain",
          "data-id": `why:${hunch.key}`,
          "aria-expanded": String(open),
          "aria-describedby": id,
          onclick: () => {
            if (open) this._why.delete(hunch.key);
            else this._why.add(hunch.key);
            this.update(this._now);
          },
        }),
      ),
    );
  }

  async _answer(pressed, hunch, answer) {
    const { app } = this;
    const { texts } = app;
    const named = { name: bdi(hunch.name) };
    if (answer === "always") {
      const proof = hunch.proof?.map((line) => texts.said(line)) ?? [
        texts.of("exceptions.not_proven.message", { name: hunch.name }),
      ];
      const sure = await app.confirm({
        title: texts.of(`issues.${hunch.kind}.fix_flow.step.always.title`),
        body: [
          el("p", {}, bdi(hunch.name)),
          el(
            "ul",
            { class: "evidence" },
            proof.map((line) => el("li", {}, el("span", {}, line))),
          ),
          el("p", { class: "quiet" }, texts.t("always_means")),
        ],
        yes: texts.of(`issues.${hunch.kind}.fix_flow.step.always.submit`),
      });
      if (!sure) return;
    }
    if (answer === "never") {
      const sure = await app.confirm({
        title: texts.of(`issues.${hunch.kind}.fix_flow.step.init.menu_options.never`),
        body: [el("p", {}, rich(texts.t("never_means"), named))],
        yes: texts.of(`issues.${hunch.kind}.fix_flow.step.init.menu_options.never`),
        danger: true,
      });
      if (!sure) return;
    }
    const done = await app.send(pressed, "answer", { hunch: hunch.key, answer });
    if (!done) return;
    const undo = done.action_id ? () => this._undo(null, done.action_id, hunch.name) : undefined;
    app.toast(texts.t(`said_${answer}`, { name: hunch.name }), undo);
    this.node.querySelector("#open")?.focus();
  }

  async _undo(pressed, id, name) {
    const { texts } = this.app;
    await this.app.send(pressed, "undo", { action_id: id }, ({ exactly }) =>
      texts.t(exactly ? "undone" : "undone_nearly", { name }),
    );
  }

  _recent(recent) {
    const { texts } = this.app;
    return el(
      "section",
      { class: "section", "aria-labelledby": "recent" },
      el("h2", { id: "recent" }, texts.t("recent")),
      el(
        "ul",
        { class: "card items" },
        recent.map((done) =>
          el(
            "li",
            {},
            icon(done.automatic ? "bolt" : "check", { class: "icon lead" }),
            el(
              "div",
              { class: "grow" },
              el("div", {}, rich(texts.t(`${tense(done)}_${done.action}`), { name: bdi(done.name) })),
              el(
                "div",
                { class: "quiet small" },
                `${texts.moment(done.time)} · ${texts.t(`outcome_${done.outcome}`)}`,
              ),
            ),
            done.may_undo
              ? button(texts.t("undo"), {
                  icon: "undo",
                  "data-id": `undo:${done.id}`,
                  onclick: (event) => this._undo(event.currentTarget, done.id, done.name),
                })
              : null,
          ),
        ),
      ),
    );
  }

  _declined(declined) {
    const { texts } = this.app;
    return el(
      "details",
      {
        class: "card",
        open: this._details,
        ontoggle: (event) => (this._details = event.currentTarget.open),
      },
      el("summary", { "data-id": "declined" }, texts.n("declined", declined.length)),
      el(
        "div",
        {},
        el(
          "table",
          {},
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ["device", "what", "chance", "why_not"].map((name) =>
                el("th", { scope: "col", class: name === "chance" ? "end" : null }, texts.t(`column_${name}`)),
              ),
            ),
          ),
          el(
            "tbody",
            {},
            declined.map((one) =>
              el(
                "tr",
                {},
                el("th", { scope: "row" }, bdi(one.name)),
                el("td", {}, texts.kind(one.kind)),
                el("td", { class: "end number" }, texts.chance(one.p_accept)),
                el("td", {}, texts.t(`declined_${one.why}`)),
              ),
            ),
          ),
        ),
      ),
    );
  }
}
