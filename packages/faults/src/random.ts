import { createHash } from 'node:crypto'

/** Numbers from 0 up to, not including, 1: the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of `every` names, at least one: the same ones for the same seed, in whatever order the names come. */
export function sampleOf(names: readonly string[], every: number, seed: number | string): ReadonlySet<string> {
  const lot = (name: string) => createHash('sha1').update(`${seed} ${name}`).digest('hex')
  const drawn = names.map((name) => ({ name, lot: lot(name) })).sort((a, b) => (a.lot < b.lot ? -1 : 1))
  return new Set(drawn.slice(0, Math.ceil(names.length / every)).map(({ name }) => name))
}
