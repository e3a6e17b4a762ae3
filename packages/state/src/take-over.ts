import { type AnyPipeline, PipelineError, plan } from '@pipe/core'
import { downstream } from './downstream.ts'
import { Generations } from './generations.ts'
import { everything } from './pages.ts'
import { movedEntry, type ReadEntry, readEntry, type StepRecord, type UndoRecord, type WaitRecord } from './record.ts'
import { changeOf, planPathOf, signaturesOf } from './signatures.ts'
import type { Entry, StateStore } from './store.ts'
import { headOf, type Origin } from './stored-run.ts'

/** What a fork takes over, and what not: paths in the plan. */
export interface TakenOver {
  readonly entries: readonly Entry[]
  /** The steps that there were when the other run was created, if that is known. */
  readonly before: readonly string[] | undefined
  /** Steps that were recorded and that there are no more, the outermost of them. */
  readonly gone: readonly string[]
  /** Steps that were recorded and that run again. */
  readonly useless: readonly string[]
}

/**
 * What run `runId` begins with as a fork: what was recorded of the steps of that run, but for those that run again, be it by `from`, be
 * it since they were undone or their definition has changed, and for what comes after any of them.
 *
 * @throws PipelineError `RUN_CONFLICT` when that run was executed or deleted since
 */
export async function takenOver(
  store: StateStore,
  { run: id, from, fence }: Origin,
  runId: string,
  definition: AnyPipeline,
): Promise<TakenOver> {
  const mustBeAsItWas = async () => {
    const source = await store.get(id)
    if (source?.fence === fence) return source
    const what = source === undefined ? 'deleted' : 'executed'
    const message = `Run "${id}" was ${what} before run "${runId}" had forked it. Begin "${runId}" anew with \`force\`.`
    throw new PipelineError('RUN_CONFLICT', message, { pipeline: definition.name })
  }
  await mustBeAsItWas()
  const recorded = await readAll(store, id)
  const source = await mustBeAsItWas()

  const generations = Generations.after(
    recorded.step.map(({ key }) => key),
    recorded.wait.map(({ key, head }) => [key, (head as WaitRecord).attempts]),
  )
  const signatures = signaturesOf(definition)
  const places = [...recorded.step, ...recorded.item]
    .filter(({ key }) => generations.has(key))
    .map((entry) => ({ entry, path: Generations.pathOf(entry.key), step: stepOf(entry.key) }))
  const changes = places.flatMap(({ entry: { kind, head }, step }) => {
    const change = kind === 'step' ? changeOf(step, (head as StepRecord).signature, signatures) : undefined
    return change === undefined ? [] : [change]
  })
  const changed = changes.map(({ path }) => path)
  // What could not be undone is done.
  const undone = recorded.undo.filter(
    ({ key, head }) => generations.has(key) && (head as UndoRecord).error === undefined,
  )
  const again = downstream(plan(definition), new Set([...from, ...changed, ...undone.map(({ key }) => stepOf(key))]))
  const kept = places.filter(({ step }) => signatures.has(step) && !again.has(step))
  return {
    entries: kept.map(({ entry, path }) => movedEntry(entry, Generations.plainKeyOf(path))),
    before: headOf(source.data).steps,
    gone: changes.filter(({ is }) => is === undefined).map(({ path }) => path),
    useless: recorded.step.map(({ key }) => stepOf(key)).filter((step) => again.has(step)),
  }
}

/** Path in the plan of what was recorded under `key`. */
const stepOf = (key: string) => planPathOf(Generations.pathOf(key))

async function readAll(store: StateStore, id: string) {
  const all: Record<ReadEntry['kind'], ReadEntry[]> = {
    step: [],
    item: [],
    wait: [],
    attempt: [],
    undo: [],
    ending: [],
    forked: [],
  }
  for await (const entry of everything((after) => store.entries(id, after))) {
    const read = readEntry(entry)
    if (read !== undefined) all[read.kind].push(read)
  }
  return all
}
