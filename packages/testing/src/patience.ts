import { turn } from './turn.ts'

// Taken before a test can replace it with a fake one.
const now = performance.now.bind(performance)

/** Real milliseconds that a check waits for I/O. */
const PATIENCE = 2_000

/**
 * Lets real time pass, `patience` ms of it at most and none on any fake clock, until `holds` does: for what waits for I/O.
 * Answers whether it did.
 */
export async function soon(holds: () => boolean, patience = PATIENCE): Promise<boolean> {
  const end = now() + patience
  await turn()
  while (!holds() && now() < end) await turn()
  return holds()
}

const { setTimeout } = globalThis

/** Lets so many real milliseconds pass. */
export const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
