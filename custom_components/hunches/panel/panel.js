// The page itself: its bar, its five views, and what is said above and below them.

import { button, confirm, el, icon, replace } from "./dom.js";
import { Link } from "./link.js";
import { sheet } from "./style.js";
import { Texts } from "./texts.js";
import { ActionsView } from "./view_actions.js";
import { DevicesView } from "./view_devices.js";
import { MapView } from "./view_map.js";
import { NowView } from "./view_now.js";
import { TrustView } from "./view_trust.js";

const VIEWS = {
  now: { make: NowView, icon: "bulb" },
  devices: { make: DevicesView, icon: "list" },
  map: { make: MapView, icon: "map" },
  actions: { make: ActionsView, icon: "bolt" },
  trust: { make: TrustView, icon: "shield" },
};
const TOAST_SECONDS = 8;

class HunchesPanel extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.texts = new Texts();
    this.link = new Link();
    this.link.addEventListener("now", () => this._show());
    this.link.addEventListener("line", () => this._banner());
    this._views = {};
  }

  connectedCallback() {
    if (!this._hass) return;
    this.link.use(this._hass);
    // Home Assistant takes pages away that nobody has seen for minutes, and brings them back
    if (this._told) this._build();
  }

  disconnectedCallback() {
    this.link.close();
    for (const view of Object.values(this._views)) view.dispose?.();
    this._views = {};
    this._name = null;
    this._built = false;
  }

  // What Home Assistant sets

  set hass(hass) {
    const first = !this._hass;
    this._hass = hass;
    this.texts.adopt(hass);
    if (this.isConnected) this.link.use(hass);
    const dark = hass.themes?.darkMode;
    const restyled = dark !== this._dark || hass.selectedTheme !== this._theme;
    [this._dark, this._theme] = [dark, hass.selectedTheme];
    if (this.texts.outdated(hass)) {
      this.texts
        .load(hass)
        .catch(() => this._built) // what stands may stay; otherwise keys are better than nothing
        .then((stands) => {
          this._told = true;
          if (!stands) this._build();
        });
    } else if (!first && restyled) requestAnimationFrame(() => this.view?.restyle?.());
  }

  get hass() {
    return this._hass;
  }

  set narrow(narrow) {
    this.toggleAttribute("narrow", Boolean(narrow));
    this.view?.restyle?.();
  }

  set route(route) {
    this._route = route;
    if (this._built) this._go();
  }

  set panel(panel) {
    this._panel = panel;
  }

  // What the views use

  get now() {
    return this.link.now;
  }

  get view() {
    return this._views[this._name];
  }

  /** Whether whoever looks at this may make rules. */
  get isAdmin() {
    return Boolean(this.now?.admin);
  }

  /** Say something below, for a while; `undo` is offered beside it. */
  toast(text, undo) {
    clearTimeout(this._toasting);
    replace(
      this._toast,
      el("span", {}, text),
      undo && button(this.texts.t("undo"), { kind: "plain", onclick: () => (this._hush(), undo()) }),
      button("", { icon: "close", label: this.texts.t("close"), kind: "plain", onclick: () => this._hush() }),
    );
    this._toast.classList.add("open");
    this._toasting = setTimeout(() => this._hush(), 1000 * TOAST_SECONDS);
  }

  _hush() {
    this._toast.classList.remove("open");
    this._toast.replaceChildren();
  }

  /** Ask something before it is done. */
  confirm(question) {
    return confirm(this.shadowRoot, { no: this.texts.t("cancel"), ...question });
  }

  /** Send a command while a button waits; say what came of it. Returns the answer, undefined if it was refused. */
  async send(pressed, command, fields, done) {
    if (pressed?.getAttribute("aria-disabled") === "true") return undefined;
    pressed?.setAttribute("aria-disabled", "true");
    try {
      const answer = (await this.link.ask(command, fields)) ?? {};
      if (done) this.toast(typeof done === "function" ? done(answer) : done);
      return answer;
    } catch (error) {
      this.toast(this.texts.error(error));
      return undefined;
    } finally {
      pressed?.removeAttribute("aria-disabled");
    }
  }

  /** Go to a view by its name. */
  open(name) {
    history.pushState(null, "", `${this._route?.prefix ?? "/hunches"}/${name}`);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
  }

  // How it is built

  _build() {
    if (!this.isConnected) return;
    for (const view of Object.values(this._views)) view.dispose?.();
    this._views = {};
    this._name = null;
    this._said = undefined;
    const { texts } = this;
    const prefix = this._route?.prefix ?? "/hunches";
    this._links = Object.fromEntries(
      Object.entries(VIEWS).map(([name, view]) => [
        name,
        el("a", { href: `${prefix}/${name}` }, icon(view.icon), el("span", {}, texts.t(`view_${name}`))),
      ]),
    );
    const menu = () => this.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true }));
    this._above = el("div", { class: "banners", role: "status" });
    this._main = el("main", { tabindex: "0" }); // it scrolls, with keys too
    this._toast = el("div", { class: "toast", role: "status", "aria-live": "polite" });
    replace(
      this.shadowRoot,
      el(
        "header",
        { lang: this._hass.language },
        button("", { icon: "menu", label: texts.t("menu"), kind: "menu", onclick: menu }),
        el("h1", {}, texts.t("title")),
        el("nav", { "aria-label": texts.t("views") }, Object.values(this._links)),
      ),
      this._above,
      this._main,
      this._toast,
    );
    this._built = true;
    this._banner();
    this._go();
  }

  _go() {
    const asked = (this._route?.path ?? "").split("/")[1];
    const name = asked in VIEWS ? asked : "now";
    if (name !== this._name) {
      this.view?.hide?.();
      this._name = name;
      this._views[name] ??= new VIEWS[name].make(this);
      for (const [other, link] of Object.entries(this._links)) {
        if (other === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      this._main.replaceChildren(this.view.node);
      this._main.dataset.view = name;
      this._main.scrollTop = 0;
      this.view.show?.();
    }
    this._show();
  }

  _show() {
    if (!this._built) return;
    this._banner();
    if (this.now?.loaded) this.view?.update(this.now);
  }

  _banner() {
    if (!this._built) return;
    const { now, texts } = this;
    const said = [];
    if (!this.link.connected) said.push(["warning", texts.t("disconnected")]);
    else if (now && !now.loaded) said.push(["warning", texts.of("exceptions.not_loaded.message")]);
    const key = JSON.stringify(said);
    if (key === this._said) return;
    this._said = key;
    replace(
      this._above,
      said.map(([name, text]) => el("div", { class: "banner" }, icon(name), el("span", {}, text))),
    );
    this._main.toggleAttribute("inert", Boolean(now && !now.loaded));
  }
}

// Another version is there already: the integration was updated while this window was open. It begins anew.
if (customElements.get("hunches-panel")) location.reload();
else customElements.define("hunches-panel", HunchesPanel);
