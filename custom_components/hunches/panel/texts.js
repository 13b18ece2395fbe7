// Every text of the page, in the language of whoever looks at it, and times and numbers as that person wants them.

const DOMAIN = "hunches";
const DAY = 24 * 3600;
const NUMBER = /\d+(?::\d\d)?/;
const CATEGORIES = ["common", "entity", "exceptions", "issues", "selector"];

export class Texts {
  constructor() {
    this._texts = {};
    this._key = "";
    this._formats = new Map();
  }

  /** Whether other texts have to be fetched for these settings. */
  outdated(hass) {
    return this._language !== hass.language;
  }

  /** Fetch the texts of the user's language; English stands where one is missing. */
  async load(hass) {
    const language = hass.language;
    this._language = language;
    try {
      const found = await Promise.all(
        CATEGORIES.map((category) =>
          hass.callWS({ type: "frontend/get_translations", language, category, integration: [DOMAIN] }),
        ),
      );
      if (this._language === language) this._texts = Object.assign({}, ...found.map((answer) => answer.resources));
    } catch (error) {
      if (this._language === language) this._language = undefined; // the next `hass` tries again
      throw error;
    }
  }

  /** Take over how this person writes times and numbers. */
  adopt(hass) {
    const locale = hass.locale ?? {};
    const key = JSON.stringify([hass.language, locale, hass.config?.time_zone]);
    if (key === this._key) return;
    this._key = key;
    this._formats.clear();
    this._locale = hass.language || "en";
    this._zone = locale.time_zone === "server" ? hass.config?.time_zone : undefined;
    this._hour12 = { 12: true, 24: false }[locale.time_format];
    this._numbers =
      { comma_decimal: ["en-US", "en"], decimal_comma: ["de", "es"], space_comma: ["fr"], quote_decimal: ["de-CH"] }[
        locale.number_format
      ] ?? (locale.number_format === "system" ? undefined : this._locale);
  }

  /** The text `page_<key>`. */
  t(key, values = {}) {
    return this.of(`common.page_${key}`, values);
  }

  /** The text whose form goes with a number, which it may show as `{count}`. */
  n(key, count, values = {}) {
    const form = this._format("plural", () => new Intl.PluralRules(this._locale)).select(count);
    const exact = `common.page_${key}_${form}`;
    const path = this.has(exact) ? exact : `common.page_${key}_other`;
    return this.of(path, { count: this.number(count), ...values });
  }

  /** Any text of the integration, with what stands in braces replaced. A text that is not there is its own key. */
  of(path, values = {}) {
    const text = this._texts[`component.${DOMAIN}.${path}`] ?? path;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** What the integration has to say, with its numbers as this person writes them. */
  said({ key, values }) {
    const write = (value) => {
      if (typeof value === "string") return value;
      if ("key" in value) return this.said(value);
      const [sort, number] = Object.entries(value)[0];
      switch (sort) {
        case "learned":
          return this.learned(number);
        case "moment":
          return this.moment(number);
        case "length":
          return this.duration(number);
        case "clock":
          return this.clock(number);
        case "chance":
          return this.chance(number);
        default:
          return this.number(number);
      }
    };
    const written = Object.entries(values).map(([name, value]) => [name, write(value)]);
    return this.of(`common.${key}`, Object.fromEntries(written));
  }

  /** What training wrote in English, in this language: each part of it that is known there, its number in place. */
  learned(text) {
    const part = (english) => {
      const number = english.match(NUMBER)?.[0];
      const name = english.replace(NUMBER, "n").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "");
      const path = `common.learned_${name}`;
      return this.has(path) ? this.of(path, { n: number }) : english;
    };
    return text.split(", ").map(part).join(", ");
  }

  /** A device's or an island's archetype, as it is shown. */
  archetype(kind) {
    return kind && { ...kind, title: this.learned(kind.title), use: kind.use && this.learned(kind.use) };
  }

  has(path) {
    return `component.${DOMAIN}.${path}` in this._texts;
  }

  /** What went wrong, for people. */
  error(error) {
    const key = error?.translation_key ?? error?.code;
    const path = `exceptions.${key}.message`;
    if (this.has(path)) return this.of(path, error.translation_placeholders ?? {});
    if (key === "unauthorized") return this.t("unauthorized");
    if (typeof error?.code === "number") return this.t("disconnected");
    return this.t("failed", { detail: error?.message ?? String(error) });
  }

  kind(kind) {
    return this.of(`selector.kind.options.${kind}`);
  }

  _format(name, make) {
    if (!this._formats.has(name)) this._formats.set(name, make());
    return this._formats.get(name);
  }

  _dates(name, options) {
    const zone = { timeZone: this._zone, ...("hour" in options ? { hour12: this._hour12 } : {}) };
    return this._format(name, () => new Intl.DateTimeFormat(this._locale, { ...options, ...zone }));
  }

  number(value, digits = 0) {
    return this._format(`n${digits}`, () => new Intl.NumberFormat(this._numbers, { maximumFractionDigits: digits })).format(
      value,
    );
  }

  /** A share in percent. */
  percent(share) {
    return this._format("percent", () => new Intl.NumberFormat(this._numbers, { style: "percent" })).format(share);
  }

  /** A chance in percent; never one that claims to be certain. */
  chance(p) {
    if (p < 0.01) return `<${this.percent(0.01)}`;
    return p > 0.99 ? `>${this.percent(0.99)}` : this.percent(p);
  }

  time(seconds) {
    return this._dates("time", { hour: "numeric", minute: "2-digit" }).format(seconds * 1000);
  }

  /** An hour; with its minutes where it does not begin at :00, as in zones that are half an hour off. */
  hour(seconds) {
    if (this._sinceMidnight(seconds) % 3600) return this.time(seconds);
    return this._dates("hour", { hour: "numeric" }).format(seconds * 1000);
  }

  date(seconds) {
    return this._dates("date", { day: "numeric", month: "long", year: "numeric" }).format(seconds * 1000);
  }

  weekday(seconds) {
    return this._dates("weekday", { weekday: "short", month: "numeric", day: "numeric" }).format(seconds * 1000);
  }

  /** A moment as short as it is clear: the time today, with the day before that. */
  moment(seconds) {
    const day = this._dates("day", { year: "numeric", month: "numeric", day: "numeric" });
    if (day.format(seconds * 1000) === day.format(Date.now())) return this.time(seconds);
    const options = { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
    return this._dates("moment", options).format(seconds * 1000);
  }

  /** An hour of the day (23.25) on this person's clock. */
  clock(hour) {
    const options = { hour: "numeric", minute: "2-digit", timeZone: "UTC", hour12: this._hour12 };
    const format = this._format("clock", () => new Intl.DateTimeFormat(this._locale, options));
    return format.format(Date.UTC(2000, 0, 1, 0, Math.round(60 * hour)));
  }

  /** A length of time in its two largest units, at least a minute. */
  duration(seconds) {
    const minutes = Math.max(1, Math.round(seconds / 60));
    const parts = [
      [Math.floor(minutes / 1440), "day"],
      [Math.floor(minutes / 60) % 24, "hour"],
      [minutes % 60, "minute"],
    ];
    const first = parts.findIndex(([count]) => count);
    return parts
      .slice(first, first + 2)
      .filter(([count]) => count)
      .map(([count, unit]) =>
        this._format(
          `unit ${unit}`,
          () => new Intl.NumberFormat(this._numbers, { style: "unit", unit, unitDisplay: "short" }),
        ).format(count),
      )
      .join(" ");
  }

  /** The midnights from the one before a moment until another, on this person's clock. */
  *midnights(start, end) {
    for (let day = this._midnightBefore(start); day < end; day = this._midnightBefore(day + 1.5 * DAY)) yield day;
  }

  _midnightBefore(seconds) {
    const near = Math.floor(seconds) - this._sinceMidnight(seconds);
    // It is an hour off, either way, where the clock was put forward or back since
    const off = this._sinceMidnight(near);
    return near - off + DAY * Math.round(off / DAY);
  }

  /** The seconds since midnight that this person's clock shows. */
  _sinceMidnight(seconds) {
    const clock = this._format(
      "clock24",
      () =>
        new Intl.DateTimeFormat("en", {
          timeZone: this._zone,
          hour: "numeric",
          minute: "numeric",
          second: "numeric",
          hourCycle: "h23",
        }),
    );
    const shown = clock.formatToParts(seconds * 1000).map((part) => [part.type, Number(part.value)]);
    const { hour, minute, second } = Object.fromEntries(shown);
    return hour * 3600 + minute * 60 + second;
  }
}
