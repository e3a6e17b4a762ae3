import { type AnyPipeline, PipelineError, plan } from '@pipe/core'
import { downstream } from './downstream.ts'
import { Generations } from './generations.ts'
import { everything } from './pages.ts'
import { movedEntry, type ReadEntry, readEntry, type StepRecord, type UndoRecord, type WaitRecord } from './record.ts'
import { changeOf, planPathOf, signaturesOf } from './signatures.ts'
import type { Entry, StateStore } from './store.ts'
import type { Origin } from './stored-run.ts'

/**
 * What run `runId` begins with as a fork: what was recorded of the steps of that run, but for those that run again, be it by `from`, be
 * it since they were undone or their definition has changed, and for what comes after any of them.
 *
 * @throws PipelineError `RUN_CONFLICT` when that run was executed or purged since
 */
export async function takenOver(
  store: StateStore,
  { run: id, from, fence }: Origin,
  runId: string,
  definition: AnyPipeline,
): Promise<readonly Entry[]> {
  const mustBeAsItWas = async () => {
    const source = await store.get(id)
    if (source?.fence === fence) return
    const what = source === undefined ? 'purged' : 'executed'
    const message = `Run "${id}" was ${what} before run "${runId}" had forked it. Begin "${runId}" anew with \`force\`.`
    throw new PipelineError('RUN_CONFLICT', message, { pipeline: definition.name })
  }
  await mustBeAsItWas()
  const recorded = await readAll(store, id)
  await mustBeAsItWas()

  const generations = Generations.after(
    recorded.step.map(({ key }) => key),
    recorded.wait.map(({ key, head }) => [key, (head as WaitRecord).attempts]),
  )
  const signatures = signaturesOf(definition)
  const places = [...recorded.step, ...recorded.item]
    .filter(({ key }) => generations.has(key))
    .map((entry) => ({ entry, path: Generations.pathOf(entry.key), step: stepOf(entry.key) }))
  const changed = places.flatMap(({ entry: { kind, head }, step }) => {
    const change = kind === 'step' ? changeOf(step, (head as StepRecord).signature, signatures) : undefined
    return change === undefined ? [] : [change.path]
  })
  // What could not be undone is done.
  const undone = recorded.undo.filter(
    ({ key, head }) => generations.has(key) && (head as UndoRecord).error === undefined,
  )
  const again = downstream(plan(definition), new Set([...from, ...changed, ...undone.map(({ key }) => stepOf(key))]))
  return places
    .filter(({ step }) => signatures.has(step) && !again.has(step))
    .map(({ entry, path }) => movedEntry(entry, Generations.plainKeyOf(path)))
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
