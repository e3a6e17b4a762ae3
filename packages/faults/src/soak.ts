import { setTimeout as sleep } from 'node:timers/promises'
import { doubleCommits, problemsOfTime } from './audit.ts'
import type { BackendName } from './backends.ts'
import type { Start } from './job.ts'
import { type Lab, openLab } from './lab.ts'
import { acceptedIn, type Effect } from './ledger.ts'
import { randomOf } from './random.ts'
import { entriesOf, hasEnded } from './reading.ts'

/** How a soak goes. */
export interface SoakOptions {
  readonly backend: BackendName
  /** How long processes are killed, s. */
  readonly seconds: number
  readonly seed: number
  /** How many processes there are at a time. */
  readonly workers: number
  /** By how many ms all clocks are set with each kill: one of these. Default: they are left alone. */
  readonly clocks?: readonly number[]
}

/** What came of it. */
export interface SoakReport {
  readonly kills: number
  /** Runs that were accepted, and how many of them have not ended when everything was drained. */
  readonly runs: number
  /** Those that more than one execution had a part in. */
  readonly interrupted: number
  readonly lost: number
  /** Entries that were confirmed with two values. */
  readonly doubleCommits: number
  /** Effects, how many of them are repetitions, and how many of those no killed process accounts for. */
  readonly effects: number
  readonly repeated: number
  readonly unaccounted: number
  /** All that is wrong, in words. */
  readonly problems: readonly string[]
}

/** Runs that each new process starts. */
const BATCH = 10
/** More than will happen to any run: a crash is nothing that a run did. */
const MAX_CRASHES = 1_000

/** Kills processes at random moments while they execute runs, lets the last ones finish what is left, and audits it all. */
export async function soak({ backend, seconds, seed, workers: count, clocks = [] }: SoakOptions): Promise<SoakReport> {
  const random = randomOf(seed)
  await using lab = await openLab(backend)
  let [started, kills] = [0, 0]
  const next = (): Start => ({
    id: `run-${++started}`,
    pipeline: random() < 0.5 ? 'thorough' : 'failing',
    input: { ms: Math.floor(random() * 400) },
  })
  const start = (starts: readonly Start[]) =>
    lab.worker({ leaseMs: 2_000, maxCrashes: MAX_CRASHES, recovers: true, starts })
  const startBatch = () => start(Array.from({ length: BATCH }, next))

  const workers = Array.from({ length: count }, startBatch)
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    await sleep(300 + random() * 700)
    const victim = Math.floor(random() * count)
    workers[victim]!.signal('SIGKILL')
    kills++
    await workers[victim]!.ended()
    if (clocks.length > 0) await lab.setClocks(clocks[Math.floor(random() * clocks.length)]!)
    workers[victim] = startBatch()
  }
  // Shut down, they hand back what they have; others finish that, and what was left by those that were killed.
  await Promise.all(workers.map((worker) => worker.close()))
  const last = Array.from({ length: count }, () => start([]))
  for (const id of acceptedIn(lab.ledger.read())) await lab.until(id, hasEnded).catch(() => undefined)
  await Promise.all(last.map((worker) => worker.close()))
  return {
    ...(await audit(
      lab,
      [...workers, ...last].map(({ pid }) => pid),
      clocks.length === 0,
    )),
    kills,
  }
}

/** @param timed whether the times of processes and store can be compared */
async function audit(lab: Lab, survivors: readonly number[], timed: boolean): Promise<Omit<SoakReport, 'kills'>> {
  const lines = lab.ledger.read()
  const accepted = acceptedIn(lines)
  const problems: string[] = []
  let [interrupted, lost, double, effectsDone, repeated, unaccounted] = [0, 0, 0, 0, 0, 0]
  for (const id of accepted) {
    const run = await lab.store.get(id)
    if (run === undefined || !hasEnded(run)) {
      lost++
      problems.push(`${id} is lost: ${JSON.stringify(run)}`)
      continue
    }
    const doubles = doubleCommits(lines, id, await entriesOf(lab.store, id))
    double += doubles.length
    const effects = lines.filter((line): line is Effect => line.kind === 'effect' && line.run === id)
    if (new Set(effects.map(({ fence }) => fence)).size > 1) interrupted++
    const { done, again, beyond } = repetitions(effects, new Set(survivors))
    effectsDone += done
    repeated += again
    unaccounted += beyond.length
    problems.push(...doubles, ...beyond.map((what) => `${id}: ${what}`), ...(timed ? problemsOfTime(effects, run) : []))
  }
  return {
    runs: accepted.size,
    interrupted,
    lost,
    doubleCommits: double,
    effects: effectsDone,
    repeated,
    unaccounted,
    problems,
  }
}

/**
 * How often something was done again: at most once for each process that began it and was killed. One that was not may
 * have lost the run to another, since there is more to do here than the machine can in time; then its fence is lower.
 */
function repetitions(effects: readonly Effect[], survivors: ReadonlySet<number>) {
  const beyond: string[] = []
  let [done, again] = [0, 0]
  for (const [begins, ends] of [
    ['begin', 'done'],
    ['undoing', 'undone'],
  ] as const) {
    const names = new Set(
      effects.filter(({ phase }) => phase === ends).map(({ step, attempt }) => `${step} #${attempt}`),
    )
    for (const name of names) {
      const mine = effects.filter(({ step, attempt }) => `${step} #${attempt}` === name)
      const times = mine.filter(({ phase }) => phase === ends).length
      const began = mine.filter(({ phase }) => phase === begins)
      const last = Math.max(...began.map(({ fence }) => fence))
      const interrupted = began.filter(({ pid, fence }) => !survivors.has(pid) || fence < last).length
      done += times
      again += times - 1
      if (times > Math.max(1, interrupted + 1)) beyond.push(`${name} was ${ends} ${times} times`)
      const fences = began.map(({ fence }) => fence)
      if (new Set(fences).size < fences.length) beyond.push(`${name} began twice under one fence`)
    }
  }
  return { done, again, beyond }
}
