// On-times as the integration packs them: in turns for how many steps a device was not on, and on.

/** Return the beginnings and ends of a device's turns as parts of the whole time, in one flat array. */
export function unpack(turns, step, span) {
  const edges = new Float64Array(turns?.length ?? 0);
  let at = 0;
  for (let i = 0; i < edges.length; i++) {
    at += turns[i];
    edges[i] = Math.min((at * step) / span, 1);
  }
  return edges;
}

/** Which part of the time it was on. */
export function share(edges) {
  let sum = 0;
  for (let i = 1; i < edges.length; i += 2) sum += edges[i] - edges[i - 1];
  return sum;
}

/** The turn that holds at a part of the time: its index in `edges`, or -1. */
export function turnAt(edges, at) {
  for (let i = 1; i < edges.length; i += 2) if (edges[i - 1] <= at && at < edges[i]) return i - 1;
  return -1;
}
