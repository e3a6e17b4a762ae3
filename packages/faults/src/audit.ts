import type { Entry, StoredRun } from '@pipe/state'
import type { Effect, Kept, Line } from './ledger.ts'
import type { Recorded } from './recorded.ts'

/** A process that died, and what had been recorded by then. */
export interface Death {
  readonly pid: number
  readonly recorded: Recorded
}

const nameOf = ({ step, attempt }: Effect) => `${step} #${attempt}`

/** What was done by `effects` of a phase, and how often. */
function countsOf(effects: readonly Effect[], phase: Effect['phase']): Map<string, number> {
  const counts = new Map<string, number>()
  for (const effect of effects) {
    if (effect.phase === phase) counts.set(nameOf(effect), (counts.get(nameOf(effect)) ?? 0) + 1)
  }
  return counts
}

/**
 * What is wrong with the effects of a run that was interrupted: nothing, when each was there at least once, and again only
 * where a process died between its beginning and its record.
 *
 * @param undisturbed the effects of the same run when nothing happened to it
 */
export function problemsOfEffects(
  effects: readonly Effect[],
  undisturbed: readonly Effect[],
  deaths: readonly Death[],
): readonly string[] {
  const problems: string[] = []
  for (const [begins, ends] of [
    ['begin', 'done'],
    ['undoing', 'undone'],
  ] as const) {
    const done = countsOf(effects, ends)
    const wanted = countsOf(undisturbed, ends)
    for (const name of wanted.keys()) if (!done.has(name)) problems.push(`${name} was never ${ends}`)
    for (const [name, times] of done) {
      if (!wanted.has(name)) problems.push(`${name} was ${ends}, which it should not be`)
      const interrupted = deaths.filter(({ pid }) =>
        effects.some((effect) => effect.pid === pid && effect.phase === begins && nameOf(effect) === name),
      ).length
      if (times > 1 + interrupted)
        problems.push(`${name} was ${ends} ${times} times, with ${interrupted} interruptions`)
    }
  }
  for (const [index, { recorded }] of deaths.entries()) {
    const before = new Set(deaths.slice(0, index + 1).map(({ pid }) => pid))
    for (const effect of effects.filter(({ pid }) => !before.has(pid))) {
      const { phase, step, attempt } = effect
      if (phase === 'begin' && recorded.steps.has(step))
        problems.push(`${nameOf(effect)} was recorded, and began again`)
      if (phase === 'begin' && attempt <= (recorded.attempts.get(step) ?? 0))
        problems.push(`${nameOf(effect)} was known to have failed, and began again`)
      if (phase === 'undoing' && recorded.undone.has(step)) problems.push(`${nameOf(effect)} was undone again`)
    }
  }
  return problems
}

/** What is wrong with when effects happened: none comes after the end of the run. */
export const problemsOfTime = (
  effects: readonly Effect[],
  { endedAt = 0 }: Pick<StoredRun, 'endedAt'>,
): readonly string[] =>
  effects
    .filter(({ at }) => at > endedAt)
    .map((effect) => `${nameOf(effect)}: ${effect.phase} ${effect.at - endedAt} ms after the end of the run`)

/**
 * What is wrong with the order in which things were undone: it is the reverse of that in which they were done, of runs
 * that do one thing after the other.
 */
export function problemsOfOrder(effects: readonly Effect[]): readonly string[] {
  const lastOf = (phase: Effect['phase']) => [
    ...new Set(effects.filter((effect) => effect.phase === phase).map(({ step }) => step)),
  ]
  const undone = lastOf('undone')
  const expected = lastOf('done')
    .filter((step) => undone.includes(step))
    .reverse()
  return undone.join() === expected.join() ? [] : [`undone ${undone.join()}; expected ${expected.join()}`]
}

/** Entries that were confirmed with two values, or that are not in the store as they were confirmed. */
export function doubleCommits(lines: readonly Line[], run: string, entries: readonly Entry[]): readonly string[] {
  const stored = new Map(entries.map(({ key, value }) => [key, value]))
  return lines
    .filter((line): line is Kept => line.kind === 'kept' && line.run === run)
    .filter(({ key, value }) => stored.get(key) !== value)
    .map(({ key }) => `${run}: "${key}" was confirmed with another value than is recorded`)
}
