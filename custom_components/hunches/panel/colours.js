// Colours for drawings, taken from the theme that is in use.

const PLAIN = { light: "#ffc107", cover: "#926bc7", lock: "#f44336", climate: "#ff8100", fan: "#00bcd4" };
const VARIABLES = {
  climate: "--state-climate-heat-color",
  humidifier: "--state-humidifier-on-color",
  lock: "--state-lock-unlocked-color",
};

/** Return what looks up a colour of the theme around a node, and remembers it. */
export function palette(node) {
  const style = getComputedStyle(node);
  const known = new Map();
  const read = (name, otherwise) => {
    if (!known.has(name)) known.set(name, style.getPropertyValue(name).trim() || otherwise);
    return known.get(name);
  };
  return {
    text: read("--primary-text-color", "#212121"),
    quiet: read("--secondary-text-color", "#727272"),
    line: read("--divider-color", "#e0e0e0"),
    card: read("--ha-card-background", "") || read("--card-background-color", "#fff"),
    accent: read("--primary-color", "#009ac7"),
    /** The colour in which Home Assistant shows a device of this domain while it is on. */
    domain(entityId) {
      const domain = entityId.split(".")[0];
      return read(VARIABLES[domain] ?? `--state-${domain}-active-color`, PLAIN[domain] ?? this.accent);
    },
  };
}

/** The colour of an archetype: far from those of its neighbours by number. */
export function archetypeColour(index, dark, alpha = 1) {
  return `hsl(${Math.round((index * 137.508) % 360)} ${dark ? "65% 62%" : "62% 42%"} / ${alpha})`;
}

/** A colour for the part of the time that a device was on: from blue for hardly ever to amber for nearly always. */
export function shareColour(share, dark) {
  const at = Math.sqrt(Math.min(Math.max(share, 0), 1));
  return `hsl(${Math.round(225 - 185 * at)} ${Math.round(35 + 55 * at)}% ${dark ? 62 : 45}%)`;
}

/** Fit a canvas to its place on the screen; returns what draws on it, and its size in CSS pixels. */
export function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
