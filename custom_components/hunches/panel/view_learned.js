// What the views of what was learned have in common: they ask for it anew when they are shown and when there is more.

import { el } from "./dom.js";

/** A view has a `node`, in it a `_box` that says how much room there is, and a `_tip`; and what is named here. */
export class LearnedView {
  constructor(app) {
    this.app = app;
    this._devices = [];
    this._status = el("span", { class: "quiet", role: "status" });
    this._size = new ResizeObserver(() => this._fill());
  }

  show() {
    this._size.observe(this._box);
    this._choose();
    this._load();
  }

  hide() {
    this._size.disconnect();
    this._tip.hide();
  }

  dispose() {
    this.hide();
  }

  update(now) {
    const stage = `${now.stage}:${now.devices}`;
    if (this._stage !== undefined && stage !== this._stage && now.stage === "ready") this._load();
    this._stage = stage;
  }

  restyle() {
    this._colours = null;
    this._fill();
  }

  async _load() {
    const { texts } = this.app;
    const loading = (this._loading = Symbol("load"));
    if (!this._devices.length) this._status.textContent = texts.t("loading");
    try {
      const learned = await this._ask();
      if (loading === this._loading) this._take(learned);
    } catch (error) {
      if (loading === this._loading) this._status.textContent = texts.error(error);
    }
  }

  /** Show what there is to choose from. */
  _choose() {}

  /** Draw everything into the room that there is. */
  _fill() {}

  /** Return what is to be shown. */
  async _ask() {}

  /** Show it. */
  _take() {}
}
