/** A peer, or a variant of one: `async` is peers/async.mjs, `pipe:recorded` is peers/pipe.mjs in its variant `recorded`. */
export async function loadPeer(name) {
  const [file, variant] = name.split(':')
  return { peer: await import(`../peers/${file}.mjs`), variant }
}

/** Thrown by a peer that cannot take part yet: shown in the table, not an error. */
export class Skipped extends Error {
  name = 'Skipped'
}
