// What seems to have been forgotten, what it rests on, and what can be done about it.

import { bar, bdi, button, deviceIcon, el, icon, replace, rich } from "./dom.js";

const SHOWN = 4;
const SHOWN_OF_EACH = 1;
const ALL_NAMES = 4;
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
    const hunches = new Map(now.hunches.map((hunch) => [hunch.key, hunch]));
    const asked = now.questions.map((keys) => keys.map((key) => hunches.get(key)));
    replace(
      this.node,
      this._home(now),
      this._progress(now),
      el(
        "section",
        { class: "section", "aria-labelledby": "open" },
        el("h2", { id: "open", tabindex: "-1", class: asked.length ? null : "hidden" }, texts.n("open", asked.length)),
        asked.length ? asked.map((hunches) => this._question(hunches)) : this._nothing(now),
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

  /** One card for all that is asked as one; the first of the hunches leads. */
  _question(hunches) {
    const { texts } = this.app;
    const [leader] = hunches;
    const several = hunches.length > 1;
    const id = `hunch-${leader.key}`;
    const open = this._why.has(leader.key);
    const issue = this._issue(hunches);
    const flow = `${issue}.fix_flow.step.init.menu_options`;
    const answer = (name, text, attributes) =>
      button(text, {
        "data-id": `${name}:${leader.key}`,
        "aria-describedby": id,
        onclick: (event) => this._answer(event.currentTarget, hunches, name),
        ...attributes,
      });
    const oneArea = hunches.every(({ area }) => area === leader.area);
    return el(
      "article",
      { class: "card hunch", "aria-labelledby": id },
      el(
        "div",
        { class: "head" },
        el("div", { class: "badge on" }, deviceIcon(leader.entity_id)),
        el(
          "div",
          { class: "grow" },
          el("h3", { id }, rich(texts.of(`${issue}.title`), { name: this._names(hunches) })),
          oneArea && leader.area ? el("div", { class: "quiet" }, bdi(leader.area)) : null,
        ),
        several ? null : this._sure(leader),
      ),
      several ? hunches.map((hunch) => this._member(hunch, open, !oneArea)) : this._evidence(leader, open ? Infinity : SHOWN),
      el(
        "div",
        { class: "row" },
        hunches.some((hunch) => hunch.may_answer)
          ? [
              answer("accept", texts.of(`${flow}.accept`), { kind: "primary" }),
              answer("not_now", texts.of(`${flow}.not_now`)),
              hunches.every((hunch) => hunch.may_always) ? answer("always", texts.of(`${flow}.always`), { kind: "plain" }) : null,
              this._now.admin ? answer("never", texts.of(`${flow}.never`), { kind: "plain" }) : null,
            ]
          : el("span", { class: "quiet grow" }, texts.t("may_only_look")),
        button(texts.t(open ? "why_less" : "why"), {
          kind: "plain",
          "data-id": `why:${leader.key}`,
          "aria-expanded": String(open),
          "aria-describedby": id,
          onclick: () => {
            if (open) this._why.delete(leader.key);
            else this._why.add(leader.key);
            this.update(this._now);
          },
        }),
      ),
    );
  }

  /** One of several things that are asked as one, and what it rests on. */
  _member(hunch, open, withArea) {
    return el(
      "div",
      { class: "stack" },
      el(
        "div",
        { class: "row" },
        el("h4", { class: "grow" }, bdi(hunch.name), withArea && hunch.area ? [" · ", bdi(hunch.area)] : null),
        this._sure(hunch),
      ),
      this._evidence(hunch, open ? Infinity : SHOWN_OF_EACH),
      hunch.may_answer ? null : el("span", { class: "quiet small" }, this.app.texts.t("may_only_look")),
    );
  }

  _sure({ p_accept }) {
    const { texts } = this.app;
    return el("span", { class: "chip tint number" }, texts.t("sure", { percent: texts.chance(p_accept) }));
  }

  _evidence(hunch, most) {
    const { texts } = this.app;
    const lines = hunch.evidence.map((line) => texts.said(line));
    const others = hunch.p_fleet !== null && texts.chance(hunch.p_fleet);
    if (others && others !== texts.chance(hunch.p_accept)) lines.push(texts.t("fleet", { percent: others }));
    return this._list(lines.slice(0, most));
  }

  _list(lines) {
    return el(
      "ul",
      { class: "evidence" },
      lines.map((line) => el("li", {}, el("span", {}, line))),
    );
  }

  /** Where the texts of a question are: one thing is on, several are. */
  _issue([leader, ...others]) {
    return `issues.${leader.kind}${others.length ? "_several" : ""}`;
  }

  /** What people call these things, as nodes: all of up to four; of more, the first three and how many there are beside. */
  _names(hunches) {
    const { texts } = this.app;
    const nodes = hunches.map(({ name }) => bdi(name));
    const join = (some) => some.flatMap((node, i) => (i ? [", ", node] : [node]));
    if (nodes.length > ALL_NAMES) {
      const first = nodes.slice(0, ALL_NAMES - 1);
      const count = texts.number(nodes.length - first.length);
      return rich(texts.of("common.and_more"), { names: join(first), count });
    }
    const last = nodes.pop();
    return nodes.length ? rich(texts.of("common.and_last"), { names: join(nodes), name: last }) : [last];
  }

  async _answer(pressed, hunches, answer) {
    const { app } = this;
    const { texts } = app;
    const [leader] = hunches;
    const issue = this._issue(hunches);
    // What somebody else has to answer stays open.
    const theirs = hunches.filter((hunch) => hunch.may_answer);
    const name = () => el("span", {}, this._names(theirs));
    if (answer === "always") {
      const sure = await app.confirm({
        title: texts.of(`${issue}.fix_flow.step.always.title`),
        body: [
          hunches.map((hunch) => [
            el("p", {}, bdi(hunch.name)),
            this._list(
              hunch.proof?.map((line) => texts.said(line)) ?? [
                texts.of("exceptions.not_proven.message", { name: hunch.name }),
              ],
            ),
          ]),
          el("p", { class: "quiet" }, texts.t("always_means")),
        ],
        yes: texts.of(`${issue}.fix_flow.step.always.submit`),
      });
      if (!sure) return;
    }
    if (answer === "never") {
      const never = texts.of(`${issue}.fix_flow.step.init.menu_options.never`);
      const sure = await app.confirm({
        title: never,
        body: [el("p", {}, rich(texts.n("never_means", theirs.length), { name: name() }))],
        yes: never,
        danger: true,
      });
      if (!sure) return;
    }
    const done = await app.send(pressed, "answer", { hunch: leader.key, answer, shown: theirs.map((hunch) => hunch.entity_id) });
    if (!done) return;
    const undo = done.action_id ? () => this._undo(null, done.action_id, theirs) : undefined;
    app.toast(texts.n(`said_${answer}`, theirs.length, { name: name().textContent }), undo);
    this.node.querySelector("#open")?.focus();
  }

  /** Take back an action, and all that the same answer did where that was about several things. */
  async _undo(pressed, id, hunches) {
    const { texts } = this.app;
    const name = el("span", {}, this._names(hunches)).textContent;
    await this.app.send(pressed, "undo", { action_id: id, whole: hunches.length > 1 }, ({ exactly }) =>
      exactly ? texts.n("undone", hunches.length, { name }) : texts.n("undone_nearly", hunches.length, { name }),
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
                  onclick: (event) => this._undo(event.currentTarget, done.id, [done]),
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
