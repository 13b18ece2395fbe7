// How the page looks: Home Assistant's own colours and shapes, whichever theme is chosen.

export const sheet = new CSSStyleSheet();

sheet.replaceSync(`
:host {
  --line: var(--divider-color, #e0e0e0);
  --text: var(--primary-text-color, #212121);
  --quiet: var(--secondary-text-color, #727272);
  --card: var(--ha-card-background, var(--card-background-color, #fff));
  --round: var(--ha-card-border-radius, 12px);
  --accent: var(--primary-color, #009ac7);
  --accent-text: color-mix(in srgb, var(--accent) 62%, var(--text));
  --filled: color-mix(in srgb, var(--accent) 72%, #000);
  --tint: color-mix(in srgb, var(--accent) 14%, var(--card));
  --good: var(--success-color, #43a047);
  --bad: var(--error-color, #db4437);
  --warn: var(--warning-color, #ffa600);
  position: relative;
  display: flex;
  flex-direction: column;
  height: calc(100dvh - var(--safe-area-inset-top, 0px) - var(--safe-area-inset-bottom, 0px));
  box-sizing: border-box;
  color: var(--text);
  background: var(--primary-background-color, #fafafa);
  font-family: var(--ha-font-family-body, Roboto, Noto, sans-serif);
  font-size: 14px;
  line-height: 1.45;
  -webkit-font-smoothing: antialiased;
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h1, h2, h3, h4, p, ul, ol, dl, dd, figure { margin: 0; padding: 0; }
h2 { font-size: 18px; font-weight: 500; line-height: 1.3; }
h3 { font-size: 15px; font-weight: 500; line-height: 1.3; }
h4 { font-size: 14px; font-weight: 500; line-height: 1.3; }
ul, ol { list-style: none; }
bdi { overflow-wrap: anywhere; }
.icon { width: 24px; height: 24px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
:focus-visible { outline: 2px solid var(--accent-text); outline-offset: 2px; }
:focus:not(:focus-visible) { outline: none; }
.quiet { color: var(--quiet); }
.small { font-size: 12px; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

header {
  flex: none;
  display: flex;
  align-items: center;
  gap: 4px;
  height: var(--header-height, 56px);
  padding: 0 12px 0 20px;
  color: var(--app-header-text-color, #fff);
  background: var(--app-header-background-color, var(--accent));
  border-bottom: var(--app-header-border-bottom, none);
}
header h1 { font-size: 20px; font-weight: 400; margin-inline-end: 24px; }
header .menu { display: none; color: inherit; }
nav { display: flex; align-self: stretch; gap: 4px; min-width: 0; }
nav a {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 0 16px;
  color: inherit;
  text-decoration: none;
  font-weight: 500;
  border-block: 3px solid transparent;
}
nav a:hover { background: color-mix(in srgb, currentColor 8%, transparent); }
nav a[aria-current] { border-bottom-color: currentColor; }
nav a .icon { width: 20px; height: 20px; }
nav a:focus-visible { outline-offset: -4px; outline-color: currentColor; }

main { flex: 1; min-height: 0; overflow: auto; padding: 16px; scrollbar-gutter: stable; }
main:focus-visible { outline-offset: -3px; }
.page { max-width: 760px; margin: 0 auto; display: flex; flex-direction: column; gap: 16px; }
.page.wide { max-width: 1080px; }
.fill { height: 100%; display: flex; flex-direction: column; gap: 12px; max-width: 1600px; margin: 0 auto; }

.card { background: var(--card); border: 1px solid var(--ha-card-border-color, var(--line)); border-radius: var(--round); box-shadow: var(--ha-card-box-shadow, none); }
.card.padded { padding: 16px; }
.row { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
.row.tight { flex-wrap: nowrap; }
.row.end { justify-content: flex-end; }
.grow { flex: 1; min-width: 0; }
.stack { display: flex; flex-direction: column; gap: 8px; }
.section { display: flex; flex-direction: column; gap: 8px; }
.section > h2 { padding-inline: 4px; }
.section > h2:focus { outline: none; }

.button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 6px;
  min-height: 40px;
  min-width: 40px;
  padding: 0 16px;
  border: 1px solid transparent;
  border-radius: 20px;
  background: var(--tint);
  color: var(--accent-text);
  font: inherit;
  font-weight: 500;
  cursor: pointer;
}
.button .icon { width: 20px; height: 20px; }
.button:hover { background: color-mix(in srgb, var(--accent) 24%, var(--card)); }
.button.primary { background: var(--filled); color: #fff; }
.button.primary:hover { background: color-mix(in srgb, var(--filled) 88%, #000); }
.button.danger { background: color-mix(in srgb, var(--bad) 75%, #000); color: #fff; }
.button.plain, .button.menu { background: transparent; }
.button.plain { padding: 0 12px; }
.button.plain:hover, .button.menu:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
.button:not(:has(span)), .button.plain:not(:has(span)) { padding: 0 8px; }
.button[aria-pressed="true"] { background: var(--filled); color: #fff; }
.button[aria-disabled="true"], .button:disabled { opacity: .6; cursor: default; }

.choice { display: inline-flex; border: 1px solid var(--line); border-radius: 20px; overflow: hidden; background: var(--card); }
.choice .button { border-radius: 0; background: transparent; color: var(--text); padding: 0 14px; min-height: 38px; }
.choice .button + .button { border-inline-start: 1px solid var(--line); }
.choice .button[aria-pressed="true"] { background: var(--tint); color: var(--accent-text); }
.choice .button:focus-visible { outline-offset: -3px; }
.search { display: flex; align-items: center; gap: 8px; min-height: 40px; padding: 0 12px; border: 1px solid var(--line); border-radius: 20px; background: var(--card); color: var(--quiet); }
.search:focus-within { outline: 2px solid var(--accent-text); }
.search input { border: 0; outline: 0; background: none; color: var(--text); font: inherit; width: 100%; min-width: 60px; }
.search input::placeholder { color: var(--quiet); opacity: 1; }
.search.grow { flex-basis: 180px; }
.search .icon { width: 20px; height: 20px; }

.switch { position: relative; flex: none; vertical-align: middle; width: 44px; height: 26px; border: 0; padding: 0; border-radius: 13px; background: color-mix(in srgb, var(--text) 45%, var(--card)); cursor: pointer; }
.switch::after { content: ""; position: absolute; inset-block: 3px; inset-inline-start: 3px; width: 20px; border-radius: 10px; background: #fff; transition: inset-inline-start .15s; }
.switch[aria-checked="true"] { background: var(--filled); }
.switch[aria-checked="true"]::after { inset-inline-start: 21px; }
.switch:disabled, .switch[aria-disabled="true"] { opacity: .5; cursor: default; }

.banners { flex: none; }
.banner { display: flex; align-items: center; gap: 12px; padding: 10px 20px; color: var(--text); background: color-mix(in srgb, var(--warn) 22%, var(--card)); }
.notice { display: flex; gap: 12px; align-items: center; padding: 12px 16px; background: var(--tint); border-radius: var(--round); }
.toast { position: absolute; z-index: 5; inset-inline: 16px; bottom: 16px; width: fit-content; max-width: min(560px, calc(100% - 32px)); margin: 0 auto; display: flex; align-items: center; gap: 8px; padding: 6px 8px 6px 20px; border-radius: 24px; color: #fff; background: #323232; box-shadow: 0 4px 16px rgb(0 0 0 / .35); visibility: hidden; opacity: 0; transition: opacity .15s; }
.toast.open { visibility: visible; opacity: 1; }
.toast .button { color: #9be2ff; }
.toast span { padding-block: 6px; }
dialog { color: var(--text); background: var(--card); border: 0; border-radius: 24px; padding: 0; width: min(480px, calc(100vw - 32px)); box-shadow: 0 12px 40px rgb(0 0 0 / .4); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
.dialog { display: flex; flex-direction: column; gap: 16px; padding: 24px; }
.dialog .row { margin-top: 8px; }

.bar { display: inline-block; height: 6px; width: 100%; border-radius: 3px; background: color-mix(in srgb, var(--text) 14%, transparent); overflow: hidden; }
.bar > span { display: block; height: 100%; border-radius: 3px; background: var(--accent); }
.chip { display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px; border-radius: 12px; font-size: 12px; font-weight: 500; color: var(--text); background: color-mix(in srgb, var(--text) 9%, var(--card)); }
.chip.good { background: color-mix(in srgb, var(--good) 24%, var(--card)); }
.chip.bad { background: color-mix(in srgb, var(--bad) 22%, var(--card)); }
.chip.tint { background: var(--tint); }

.gauges { display: grid; grid-template-columns: repeat(3, 1fr); }
.gauges > div { display: grid; grid-template-columns: auto 1fr auto; gap: 4px 10px; align-items: center; padding: 12px 16px; }
.gauges > div + div { border-inline-start: 1px solid var(--line); }
.gauges .icon { color: var(--quiet); }
.gauges .bar { grid-column: 1 / -1; }
.gauges dt { min-width: 0; }
.gauges dd { font-weight: 500; }

.hunch { display: flex; flex-direction: column; gap: 14px; padding: 16px; }
.hunch .head { display: flex; gap: 14px; align-items: flex-start; }
.hunch .head > .grow { min-height: 44px; }
.hunch .head > .chip { margin-top: 2px; }
.badge { flex: none; display: grid; place-items: center; width: 44px; height: 44px; border-radius: 50%; background: var(--tint); color: var(--accent-text); }
.badge.on { background: color-mix(in srgb, var(--state-light-active-color, #ffc107) 26%, var(--card)); color: color-mix(in srgb, var(--state-light-active-color, #ffc107) 45%, var(--text)); }
.hunch h3 { font-size: 17px; }
.evidence { display: grid; gap: 6px; }
.evidence li { display: flex; gap: 10px; }
.evidence li::before { content: ""; flex: none; width: 6px; height: 6px; margin-top: 7px; border-radius: 50%; background: var(--accent); }

.empty { display: flex; flex-direction: column; align-items: center; gap: 8px; padding: 40px 24px; text-align: center; }
.empty .badge { width: 72px; height: 72px; margin-bottom: 8px; }
.empty .badge .icon { width: 36px; height: 36px; }
.items > li { display: flex; align-items: center; gap: 12px; padding: 10px 16px; min-height: 56px; }
.items > li + li { border-top: 1px solid var(--line); }
.items .icon.lead { color: var(--quiet); }
details > summary { cursor: pointer; padding: 14px 16px; font-weight: 500; border-radius: var(--round); }
details > summary:focus-visible { outline-offset: -2px; }
details > div { padding: 0 16px 16px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 8px 10px; text-align: start; vertical-align: middle; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-weight: 500; font-size: 12px; white-space: nowrap; }
tbody th { font-weight: 400; }
th.end, td.end { text-align: end; }

.split { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.split.open { grid-template-columns: minmax(0, 1fr) 380px; }
.grid { position: relative; overflow: hidden; display: flex; flex-direction: column; min-height: 0; }
.axis { position: relative; flex: none; height: 34px; border-bottom: 1px solid var(--line); overflow: hidden; }
.axis span { position: absolute; bottom: 8px; padding-inline-start: 4px; font-size: 12px; color: var(--quiet); white-space: nowrap; }
.scroll { position: relative; flex: 1; min-height: 0; overflow-y: auto; overflow-x: hidden; outline-offset: -3px; }
.scroll canvas { position: sticky; top: 0; display: block; pointer-events: none; }
.rows { position: absolute; inset: 0 0 auto 0; }
.rows > * { position: absolute; inset-inline-start: 0; height: 32px; display: flex; align-items: center; gap: 8px; padding-inline: 14px 8px; }
.rows .area { width: 100%; font-size: 12px; font-weight: 500; color: var(--quiet); padding-top: 8px; }
.rows .device { width: 100%; cursor: pointer; }
.rows .device > span { width: var(--names); display: flex; flex-direction: column; line-height: 1.15; padding-inline-end: 22px; }
.rows .device bdi { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; overflow-wrap: normal; }
.rows .device .small { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; color: var(--quiet); font-size: 11px; }
.rows .device:hover { background: color-mix(in srgb, var(--text) 5%, transparent); }
.rows .device[aria-selected="true"] { background: color-mix(in srgb, var(--accent) 14%, transparent); }
.tip { position: fixed; z-index: 4; pointer-events: none; max-width: 300px; padding: 8px 12px; border-radius: 8px; font-size: 13px; color: #fff; background: rgb(32 33 36 / .94); box-shadow: 0 2px 8px rgb(0 0 0 / .3); }
.detail { overflow: auto; display: flex; flex-direction: column; gap: 14px; padding: 16px; }
.detail .row > h2 { flex: 1; min-width: 0; }
.chart { display: block; direction: ltr; width: 100%; height: auto; overflow: visible; }
.chart text { font-size: 11px; fill: var(--quiet); }
.chart .line { fill: none; stroke: var(--accent-text); stroke-width: 2; stroke-linejoin: round; }
.chart .area { fill: color-mix(in srgb, var(--accent) 22%, transparent); stroke: none; }
.chart .was { fill: var(--state-light-active-color, #ffc107); }
.chart .rule { stroke: var(--line); stroke-width: 1; }
.chart .now { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 3 3; }
.chart .dot { fill: var(--accent-text); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; color: var(--quiet); }
.legend i { display: inline-block; width: 12px; height: 12px; margin-inline-end: 6px; border-radius: 3px; vertical-align: -2px; }

.map { position: relative; flex: 1; min-height: 320px; overflow: hidden; }
.map canvas { display: block; width: 100%; height: 100%; touch-action: none; cursor: grab; border-radius: var(--round); }
.map canvas:active { cursor: grabbing; }
.map canvas:focus-visible { outline-offset: -3px; }
.map .zoom { position: absolute; inset-inline-end: 12px; bottom: 12px; display: flex; flex-direction: column; border-radius: 20px; background: var(--card); box-shadow: 0 1px 6px rgb(0 0 0 / .3); }
.map .zoom .button { background: transparent; }

.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); }
.headline > div { padding: 16px 20px; border-inline-start: 1px solid var(--line); margin-inline-start: -1px; }
.headline dt { color: var(--quiet); }
.headline dd { font-size: 28px; font-weight: 400; line-height: 1.3; }
.headline .small { display: block; font-size: 12px; line-height: 1.35; color: var(--quiet); }
.headline { overflow: hidden; }
.interval { position: relative; display: block; height: 10px; min-width: 90px; border-radius: 5px; background: color-mix(in srgb, var(--text) 10%, transparent); }
.interval i { position: absolute; inset-block: 2px; border-radius: 3px; background: color-mix(in srgb, var(--accent) 45%, transparent); }
.interval b { position: absolute; inset-block: 0; width: 3px; margin-inline-start: -1px; border-radius: 2px; background: var(--accent-text); }
.two { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 16px; align-items: start; }

:host([narrow]) header { padding: 0 4px; }
:host([narrow]) header .menu { display: inline-flex; }
:host([narrow]) header h1 { margin-inline-start: 8px; }
:host([narrow]) nav {
  position: absolute; z-index: 3; inset-inline: 0; bottom: 0; height: 64px; gap: 0; justify-content: space-around;
  color: var(--quiet); background: var(--card); border-top: 1px solid var(--line);
}
:host([narrow]) nav a { flex: 1; flex-direction: column; justify-content: center; gap: 2px; padding: 0 2px; font-size: 12px; border-block-width: 3px; }
:host([narrow]) nav a[aria-current] { color: var(--accent-text); border-color: transparent; border-top-color: currentColor; }
:host([narrow]) nav a .icon { width: 24px; height: 24px; }
:host([narrow]) main { padding: 12px 12px 76px; scrollbar-gutter: auto; }
:host([narrow]) .toast { bottom: 76px; }
:host([narrow]) .gauges > div { padding: 10px 12px; grid-template-columns: 1fr auto; }
:host([narrow]) .gauges .icon { display: none; }
:host([narrow]) .split.open { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) auto; }
:host([narrow]) .split.open > .detail { max-height: 50vh; }
:host([narrow]) .fill:has(.split.open) > .row { display: none; }
:host([narrow]) .two { grid-template-columns: minmax(0, 1fr); }
:host([narrow]) .headline { grid-template-columns: 1fr 1fr; }
:host([narrow]) .headline > div { padding: 12px 14px; }
:host([narrow]) .headline dd { font-size: 22px; }
:host([narrow]) .optional { display: none; }
:host([narrow]) th, :host([narrow]) td { padding: 8px 6px; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) {
  .button, .switch, .chip, .card { border: 1px solid CanvasText; }
  .bar > span, .interval b { background: Highlight; }
}
`);
