// The page's line to the integration: what it is told, what it asks, and how it comes back after a restart.

const DOMAIN = "hunches";
const LONGEST_WAIT = 10;

/** Dispatches `now` when something has changed, and `line` when the connection comes or goes. */
export class Link extends EventTarget {
  constructor() {
    super();
    this.now = null;
    this.connected = true;
    this._ready = () => this._subscribe();
    this._gone = () => this._set(false);
  }

  /** Use a connection of Home Assistant's; called with each new `hass`. */
  use(hass) {
    this._hass = hass;
    if (hass.connection === this._connection) return;
    this.close();
    this._connection = hass.connection;
    this._connection.addEventListener("ready", this._ready);
    this._connection.addEventListener("disconnected", this._gone);
    this._subscribe();
  }

  close() {
    clearTimeout(this._timer);
    this._connection?.removeEventListener("ready", this._ready);
    this._connection?.removeEventListener("disconnected", this._gone);
    this._leave?.();
    this._leave = this._connection = null;
  }

  /** Send a command and return its answer; what is thrown can be given to `Texts.error`. */
  ask(command, fields = {}) {
    return this._hass.callWS({ type: `${DOMAIN}/${command}`, ...fields });
  }

  // Not left to the connection: after a restart, commands are not there before the integration is.
  async _subscribe(wait = 1) {
    clearTimeout(this._timer);
    const connection = this._connection;
    const hear = (now) => connection === this._connection && this._hear(now);
    try {
      const leave = await connection.subscribeMessage(hear, { type: `${DOMAIN}/subscribe` }, { resubscribe: false });
      if (connection !== this._connection) leave();
      else {
        this._leave = () => leave().catch(() => undefined);
        this._set(true);
      }
    } catch {
      this._set(false);
      this._timer = setTimeout(
        () => this._connection === connection && this._subscribe(Math.min(2 * wait, LONGEST_WAIT)),
        1000 * wait,
      );
    }
  }

  _set(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.dispatchEvent(new Event("line"));
  }

  _hear(now) {
    this.now = now;
    this.dispatchEvent(new Event("now"));
  }
}
