// What was done without asking, and when somebody asked for it: why, whether it was right, and the rules that hold.

import { bdi, button, deviceIcon, el, icon, replace, rich } from "./dom.js";

export class ActionsView {
  constructor(app) {
    this.app = app;
    this.node = el("div", { class: "page" }, el("p", { class: "quiet", role: "status" }, app.texts.t("loading")));
  }

  show() {
    this._load();
  }

  update(now) {
    const key = JSON.stringify([now.automatic, now.shadow, now.rules, now.recent, now.hunches.map(({ key: k }) => k)]);
    if (this._seen !== undefined && key !== this._seen) this._load();
    this._seen = key;
  }

  async _load() {
    try {
      this._data = await this.app.link.ask("actions");
      this._render();
    } catch (error) {
      replace(this.node, el("p", { class: "quiet", role: "status" }, this.app.texts.error(error)));
    }
  }

  async _send(pressed, command, fields, done) {
    const answer = await this.app.send(pressed, command, fields, done);
    await this._load();
    return answer;
  }

  _render() {
    const { actions, rules, more } = this._data;
    const { texts } = this.app;
    replace(
      this.node,
      this._master(),
      el(
        "section",
        { class: "section", "aria-labelledby": "done" },
        el("h2", { id: "done" }, texts.t("done")),
        actions.length
          ? el(
              "ul",
              { class: "card items" },
              actions.map((action) => this._action(action)),
            )
          : el("div", { class: "card empty" }, el("div", { class: "badge" }, icon("bolt")), el("h3", {}, texts.t("no_actions")), el("p", { class: "quiet" }, texts.t("no_actions_help"))),
        more ? el("p", { class: "quiet small" }, texts.n("more", more)) : null,
      ),
      el(
        "section",
        { class: "section", "aria-labelledby": "rules" },
        el("h2", { id: "rules" }, texts.t("rules")),
        rules.length
          ? el(
              "ul",
              { class: "card items" },
              rules.map((rule) => this._rule(rule)),
            )
          : el("p", { class: "card padded quiet" }, texts.t("no_rules")),
      ),
    );
  }

  _master() {
    const { automatic, shadow, admin, would } = this._data;
    const { texts } = this.app;
    const toggle = async (event) => {
      const on = !automatic;
      await this._send(event.currentTarget, "automatic", { on }, texts.t(on ? "switched_on" : "switched_off"));
    };
    return el(
      "div",
      { class: "card padded stack" },
      el(
        "div",
        { class: "row tight" },
        el(
          "div",
          { class: "grow" },
          el("h2", { id: "master" }, texts.t("automatic")),
          el("p", { class: "quiet", id: "master-help" }, texts.t(admin ? "automatic_help" : "automatic_member")),
        ),
        el("button", {
          type: "button",
          class: "switch",
          role: "switch",
          "aria-checked": String(automatic),
          "aria-labelledby": "master",
          "aria-describedby": "master-help",
          "data-id": "master",
          disabled: !admin,
          onclick: toggle,
        }),
      ),
      shadow ? el("p", { class: "notice" }, icon("spark"), texts.t("shadow")) : null,
      would.actions
        ? el("p", { class: "quiet" }, texts.n("would", would.actions, { by_hand: texts.number(would.by_hand) }))
        : null,
    );
  }

  _action(action) {
    const { texts } = this.app;
    const { id, name, outcome, automatic, by, rated } = action;
    const tense = { shadow: "would", failed: "could_not" }[outcome] ?? "did";
    const who = automatic ? texts.t("by_itself") : by ? texts.t("by_person", { name: by }) : texts.t("by_nobody");
    const label = `action-${id}`;
    const thumb = (good) =>
      button("", {
        icon: good ? "up" : "down",
        label: texts.t(good ? "good" : action.may_undo ? "bad_undo" : "bad"),
        kind: "plain",
        "data-id": `${good}:${id}`,
        "aria-pressed": String(rated === good),
        "aria-describedby": label,
        onclick: (event) =>
          this._send(event.currentTarget, "rate", { action_id: id, good }, ({ outcome: became }) =>
            good ? texts.t("thanks") : became === "undone" ? texts.n("undone", 1, { name }) : texts.t("lesson", { name }),
          ),
      });
    const tone = { done: "good", failed: "bad", undone: "bad" }[outcome] ?? "";
    return el(
      "li",
      {},
      el("div", { class: "badge optional" }, deviceIcon(action.entity_id)),
      el(
        "div",
        { class: "grow stack", style: { gap: "2px" } },
        el(
          "div",
          { id: label },
          rich(texts.t(`${tense}_${action.action}`), { name: bdi(name) }),
          " ",
          el("span", { class: `chip ${tone}` }, texts.t(`outcome_${outcome}`)),
        ),
        el("div", { class: "quiet small" }, `${texts.moment(action.time)} · ${who}`),
        el("div", { class: "small" }, action.reason.map((line) => texts.said(line)).join(" · ")),
        outcome === "failed" && action.detail ? el("div", { class: "small" }, bdi(action.detail)) : null,
      ),
      action.may_rate ? el("div", { class: "row tight", style: { gap: "0" } }, thumb(true), thumb(false)) : null,
      action.may_undo
        ? button("", {
            icon: "undo",
            label: texts.t("undo"),
            "data-id": `undo:${id}`,
            "aria-describedby": label,
            onclick: (event) =>
              this._send(event.currentTarget, "undo", { action_id: id }, ({ exactly }) =>
                exactly ? texts.n("undone", 1, { name }) : texts.n("undone_nearly", 1, { name }),
              ),
          })
        : null,
    );
  }

  _rule(rule) {
    const { texts } = this.app;
    const kind = rule.kind && texts.kind(rule.kind);
    const subject = rule.name ? bdi(rule.name) : texts.t("whole_home");
    const label = `rule-${rule.rule}-${rule.entity_id}-${rule.kind}`;
    const remove = async (event) => {
      const pressed = event.currentTarget;
      const { rule: verdict, entity_id, kind: which } = rule;
      await this._send(pressed, "rule", { rule: verdict, entity_id, kind: which, remove: true }, texts.t("rule_gone"));
    };
    return el(
      "li",
      {},
      icon(rule.rule === "allow" ? "bolt" : "close", { class: "icon lead" }),
      el(
        "div",
        { class: "grow" },
        el("div", { id: label }, rich(texts.t(`rule_${rule.rule}`), { name: subject }), kind ? ` (${kind})` : ""),
        el(
          "div",
          { class: "quiet small" },
          [texts.moment(rule.time), rule.by && texts.t("by_person", { name: rule.by })].filter(Boolean).join(" · "),
        ),
      ),
      this._data.admin
        ? button("", { icon: "trash", label: texts.t("rule_remove"), kind: "plain", "aria-describedby": label, onclick: remove })
        : null,
    );
  }
}
