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

/** The seed of this execution: that of `FAULTS_SEED`, else another one each time. */
export const seed = Number(process.env['FAULTS_SEED'] ?? Date.now() % 1_000_000)

/** How long each soak takes, s: `FAULTS_SECONDS`, else 30. */
export const seconds = Number(process.env['FAULTS_SECONDS'] ?? 30)
