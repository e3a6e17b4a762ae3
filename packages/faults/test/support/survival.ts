import type { Entry } from '@pipe/state'
import { expect } from 'vitest'
import { type Death, doubleCommits, problemsOfEffects, problemsOfOrder, problemsOfTime } from '../../src/audit.ts'
import type { BackendName } from '../../src/backends.ts'
import { type Lab, openLab } from '../../src/lab.ts'
import { hasEnded } from '../../src/reading.ts'
import type { Effect } from '../../src/ledger.ts'
import type { PipelineName } from '../../src/pipelines.ts'
import type { Worker } from '../../src/processes.ts'
import { recordedIn } from '../../src/recorded.ts'

const ID = 'run-1'
const SHORT = 20
/** Long enough for a lease of 1 s to be renewed twice, on a slow machine too. */
const LONG = 3_000

/** A run that nothing happened to: what it did, how it ended, and every point that it passed. */
export interface Undisturbed {
  readonly effects: readonly Effect[]
  readonly end: unknown
  readonly points: readonly string[]
}

/**
 * Where the worker after `deaths` others dies, when `entries` are what they recorded; `undefined` when no more is to die.
 * A point is `before end`, or `before renew #2`.
 */
export type Route = (deaths: number, entries: readonly Entry[]) => string | undefined

const faultOf = (point: string) => {
  const [at = '', nth = '1'] = point.split(' #')
  return { at, nth: Number(nth), signal: 'SIGKILL' } as const
}

const startsOf = (pipeline: PipelineName, ms: number) => [{ id: ID, pipeline, input: { ms } }]

/** How a run ended, without what differs from one process to another. */
async function endOf({ runs }: Lab) {
  const { state, output, error } = (await runs.get(ID))!
  return { state, output, error: error && [error.name, error.code, error.message] }
}

export async function undisturbed(backend: BackendName, pipeline: PipelineName): Promise<Undisturbed> {
  await using lab = await openLab(backend)
  const worker = lab.worker({ starts: startsOf(pipeline, SHORT), trace: true })
  await worker.told('over')
  await worker.close()
  return { effects: lab.ledger.effects(ID), end: await endOf(lab), points: pointsIn(lab, worker.pid) }
}

/** The points that a worker passes which goes on with a run that died at `point`. */
export async function pointsOfRecovery(
  backend: BackendName,
  pipeline: PipelineName,
  point: string,
): Promise<readonly string[]> {
  await using lab = await openLab(backend)
  await lab.worker({ starts: startsOf(pipeline, SHORT), fault: faultOf(point) }).ended()
  const worker = lab.worker({ recovers: true, trace: true })
  await lab.until(ID, hasEnded)
  await worker.close()
  return pointsIn(lab, worker.pid)
}

function pointsIn({ ledger }: Lab, pid: number): readonly string[] {
  const points = ledger.read().flatMap((line) => (line.kind === 'reached' && line.pid === pid ? [line.point] : []))
  return [...new Set(points)].sort()
}

/** How a worker ends that is to die in a run: shut down, when it has ended the run, and nothing is left to die of. */
async function endOfWorker(worker: Worker) {
  await worker.told('ended').then(
    () => worker.shutDown(),
    () => undefined, // it died, or the next line tells what is wrong
  )
  return worker.ended()
}

/**
 * Lets one worker after the other die along `route`, then another one go on, and audits all that they did.
 *
 * @returns whether each of them came to where it was to die. The first one has to. Others may find that it was recorded
 *   already what they were to die of: steps that run side by side are not recorded in the same order each time
 */
export async function survives(
  backend: BackendName,
  pipeline: PipelineName,
  expected: Undisturbed,
  route: Route,
): Promise<boolean> {
  await using lab = await openLab(backend)
  const deaths: Death[] = []
  const points: string[] = []
  let isMissed = false
  const died = () => `a run whose processes died ${points.join(', then ')}`
  for (;;) {
    const { run, entries } = await lab.readable(ID)
    const point = run !== undefined && hasEnded(run) ? undefined : route(deaths.length, entries)
    // Who did not hear that the run was accepted asks again.
    const ms = point?.includes('renew') === true ? LONG : SHORT
    const job = run === undefined ? { starts: startsOf(pipeline, ms) } : { recovers: true }
    const worker = lab.worker({ ...job, maxCrashes: 20, ...(point !== undefined && { fault: faultOf(point) }) })
    if (point === undefined) {
      await lab.until(ID, hasEnded)
      await worker.close()
      break
    }
    const how = await endOfWorker(worker)
    isMissed = how !== 'SIGKILL'
    if (isMissed && deaths.length > 0) continue
    points.push(point)
    expect(how, died()).toBe('SIGKILL')
    deaths.push({ pid: worker.pid, recorded: recordedIn((await lab.readable(ID)).entries) })
  }
  const { run, entries } = await lab.readable(ID)
  const effects = lab.ledger.effects(ID)
  expect(await endOf(lab), died()).toEqual(expected.end)
  const problems = [
    ...problemsOfEffects(effects, expected.effects, deaths),
    ...problemsOfTime(effects, run!),
    ...problemsOfOrder(effects),
    ...doubleCommits(lab.ledger.read(), ID, entries),
  ]
  expect(problems, died()).toEqual([])
  return !isMissed
}
