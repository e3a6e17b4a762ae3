import { deserializeError, type ErrorData, type PipelineError } from '@pipe/core'
import { Generations } from './generations.ts'
import { everything } from './pages.ts'
import { planPathOf } from './signatures.ts'
import {
  type AttemptRecord,
  readEntry,
  type ReadEntry,
  type StepRecord,
  type UndoRecord,
  type WaitRecord,
} from './record.ts'
import type { Entry, Page } from './store.ts'

/** What was recorded of a run by executions before, by the keys of {@link Generations}. */
export class History {
  readonly steps = new Map<string, ReadEntry>()
  /** What tells apart the items that run a pipeline. */
  readonly items = new Map<string, string>()
  readonly waits = new Map<string, WaitRecord>()
  /** The last attempts of what runs others that were taken back. */
  readonly attempts = new Map<string, AttemptRecord>()
  readonly undone = new Set<string>()
  /** What undos threw that failed. */
  readonly undoErrors = new Map<string, ErrorData>()
  /** Paths of what was completed, and can no longer be undone: its definition is another one. */
  readonly forgotten: string[] = []
  /** Whether all is there which the run began with as a fork. */
  forked = false
  /** What the run was ending with: it was being undone. */
  ending: PipelineError | null = null

  /** Takes in what is recorded of a run. */
  async load(page: (after?: string) => Promise<Page<Entry>>): Promise<void> {
    for await (const entry of everything(page)) {
      this.add(entry)
    }
  }

  add(entry: Entry): void {
    const read = readEntry(entry)
    if (read === undefined) return
    const { kind, key, head } = read
    if (kind === 'step') this.steps.set(key, read)
    else if (kind === 'item') this.items.set(key, (head as { readonly item: string }).item)
    else if (kind === 'wait') this.waits.set(key, head as WaitRecord)
    else if (kind === 'attempt') this.attempts.set(key, head as AttemptRecord)
    else if (kind === 'undo') this.#undo(key, head as UndoRecord)
    else if (kind === 'forked') this.forked = true
    else this.ending = deserializeError(head as ErrorData) as PipelineError
  }

  /** Path and signature of every step that was recorded. */
  get signatures(): Iterable<readonly [path: string, signature: string]> {
    return [...this.steps].map(([key, { head }]) => [Generations.pathOf(key), (head as StepRecord).signature] as const)
  }

  #undo(key: string, { error }: UndoRecord): void {
    if (error === undefined) this.undone.add(key)
    else this.undoErrors.set(key, error)
  }

  /** Forgets the steps for which `test` holds: they are as if they had not been recorded. */
  forget(test: (step: { readonly path: string; readonly signature: string }) => boolean): void {
    for (const [key, { head }] of this.steps) {
      const { status, signature, undoable } = head as StepRecord
      const path = Generations.pathOf(key)
      if (!test({ path, signature })) continue
      this.steps.delete(key)
      if (status === 'succeeded' && undoable === true && !this.undone.has(key)) this.forgotten.push(path)
    }
  }

  /** The attempts that it is at. */
  get #generations(): Generations {
    const waits = [...this.waits].map(([key, { attempts }]) => [key, attempts] as const)
    return Generations.after([...this.steps.keys()], waits)
  }

  /** Paths in the plan of what was recorded in attempts that were taken back. */
  get outdated(): readonly string[] {
    if (this.attempts.size === 0) return []
    const generations = this.#generations
    return [...this.steps.keys()]
      .filter((key) => !generations.has(key))
      .map((key) => planPathOf(Generations.pathOf(key)))
  }

  /** Keys of what was completed, can be undone, and was not. */
  get undoable(): Set<string> {
    const generations = this.#generations
    const found = new Set<string>()
    for (const [key, { head }] of this.steps) {
      const { status, undoable } = head as StepRecord
      if (status === 'succeeded' && undoable === true && !this.undone.has(key) && generations.has(key)) found.add(key)
    }
    return found
  }
}
