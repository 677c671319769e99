// Row by row answers, unpacked when they are first looked at: deflated JSON as base64, one element a run.

const unpackedBlobs = new Map();

/** The value that an element of the page holds packed. */
export function unpacked(id) {
  if (!unpackedBlobs.has(id)) unpackedBlobs.set(id, unpack(id));
  return unpackedBlobs.get(id);
}

/**
 * The answers of two rows of a section: {kind, labels, ids, gold, texts, a, b}.
 *
 * texts is null where the page holds none. a and b hold `pred` and perhaps `probs` (whole numbers of 10,000), or
 * `counts` and perhaps `invalid` and `spans`, in the order of ids.
 */
export async function answers(section, a, b) {
  const { rows, runs, labels } = section.answers;
  const [common, first, second] = await Promise.all([rows, runs[a], runs[b]].map(unpacked));
  return { kind: section.kind, labels, ids: common.ids, gold: common.gold, spans: common.spans ?? null, texts: common.texts ?? null, a: first, b: second };
}

/** The rows of a section whose answers the page holds, in the order of the table. */
export function answered(section) {
  return section.answers ? section.rows.filter((row) => row.place in section.answers.runs) : [];
}

/** The pair that is looked at first: the best tuned row with its base, else the first two. */
function firstPair(section) {
  const here = answered(section);
  const tuned = here.find((row) => row.model.kind === "tuned" && row.base !== null && here.includes(section.rows[row.base]));
  if (tuned) return [section.rows[tuned.base], tuned];
  return here.length > 1 ? [here[1], here[0]] : null;
}

/** The two rows that an address asks for as places, "3" and "0", or the first pair; null where there is none. */
export function pairOf(section, a, b) {
  const here = answered(section);
  const found = [a, b].map((place) => here.find((row) => String(row.place) === place));
  return found[0] && found[1] ? found : firstPair(section);
}

async function unpack(id) {
  if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done, { once: true }));
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
