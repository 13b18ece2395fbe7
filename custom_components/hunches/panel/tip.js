// What lies under the pointer, in a few words beside it. Those who listen are told the same elsewhere.

import { el, replace } from "./dom.js";

const BESIDE = 14;

export class Tip {
  /** `width`, `height`: pixels that its longest text may take. */
  constructor(width, height) {
    this._room = { width, height };
    this.node = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  }

  hide() {
    this.node.hidden = true;
  }

  show({ clientX: x, clientY: y }, ...children) {
    const { style } = this.node;
    replace(this.node, ...children);
    const left = x > window.innerWidth - this._room.width;
    style.left = left ? "" : `${x + BESIDE}px`;
    style.right = left ? `${window.innerWidth - x + BESIDE}px` : "";
    style.top = `${Math.min(y + BESIDE, window.innerHeight - this._room.height)}px`;
    this.node.hidden = false;
  }
}
