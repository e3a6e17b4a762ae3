import { turn } from './turn.ts'

// Taken before a test can replace it with a fake one.
const now = performance.now.bind(performance)

/** Real milliseconds that a check waits for I/O. */
const PATIENCE = 2_000

/** Lets real time pass, and none on any fake clock, until `holds` does: for what waits for I/O. Answers whether it did. */
export async function soon(holds: () => boolean): Promise<boolean> {
  const end = now() + PATIENCE
  await turn()
  while (!holds() && now() < end) await turn()
  return holds()
}
