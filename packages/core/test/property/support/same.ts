import type { StepResult } from '@pipe/core'

/** Throws unless it holds: `what` says what does not. */
export function check(holds: boolean, what: () => string): void {
  if (!holds) throw new Error(what())
}

/** Of a result, what the model knows. */
export function told({ status, attempts, output, reason, undo, stillRunning }: StepResult): object {
  return {
    status,
    attempts,
    ...(status === 'succeeded' && { output }),
    ...(status === 'skipped' && { reason }),
    ...(stillRunning && { stillRunning }),
    ...(undo !== undefined && { undo: undo === 'done' ? 'done' : 'threw' }),
  }
}

/** What JSON can hold of it. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** Throws unless both are the same, whatever the order of their keys. */
export function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [canonical(found), canonical(expected)]
  check(a === b, () => `${what}: got ${a}, expected ${b}`)
}

function canonical(value: unknown): string {
  const sorted = (_: string, one: unknown): unknown =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort())
      : one
  return JSON.stringify([value], sorted)
}
