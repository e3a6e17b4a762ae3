import type { Call } from './call.ts'
import type { Answer, Statement, Work } from './driver.ts'

/** Does work whose statements are answered at once. What a statement fails with is thrown where it was yielded. */
export function overSync<T>(work: Work<T>, execute: (statement: Statement) => Answer): T {
  const steps = work()
  let step = steps.next()
  while (step.done !== true) {
    let answer: Answer
    try {
      answer = execute(step.value)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(answer)
  }
  return step.value
}

/** {@link overSync} for statements that are answered by a server. */
export async function overAsync<T>(work: Work<T>, send: (statement: Statement) => Promise<Answer>): Promise<T> {
  const steps = work()
  let step = steps.next()
  while (step.done !== true) {
    let answer: Answer
    try {
      answer = await send(step.value)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(answer)
  }
  return step.value
}

/** How often a transaction is tried that others keep getting in the way of. */
const ATTEMPTS = 10

/** Tries `attempt`, and again after a moment while what it fails with `isAgain`, and somebody waits for it. */
export async function again<T>(
  call: Call,
  attempt: () => Promise<T>,
  isAgain: (error: unknown) => boolean,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (tried === ATTEMPTS || !isAgain(error) || call.isOver) throw error
    }
    // By chance, so that the same two do not meet again.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * tried))
  }
}

/** What a client says of an error besides its message. */
export function fieldOf(error: unknown, field: 'code' | 'errno' | 'errcode'): unknown {
  return error instanceof Error && field in error ? (error as Error & Record<string, unknown>)[field] : undefined
}
