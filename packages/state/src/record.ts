import type { ErrorData } from '@pipe/core'
import { type Codec, encode } from './codec.ts'
import { recordedError } from './recorded-error.ts'
import type { Entry } from './store.ts'

/** What became of a step, an item, or what runs others, once and for all. */
export interface StepRecord {
  readonly status: 'succeeded' | 'skipped' | 'failed'
  /** How many attempts it took, over all processes. */
  readonly attempts: number
  /** What the step was when it was recorded; see `signatures`. */
  readonly signature: string
  /** When it was recorded, epoch ms of the process that did. */
  readonly at: number
  /** Why it was skipped. */
  readonly reason?: string
  /** What it failed with; only of what may fail without failing the run. */
  readonly error?: ErrorData
  /** Whether it can be undone. */
  readonly undoable?: true
  /** Tells one item from another under the same key. */
  readonly item?: string
}

/** An attempt of what runs others that has failed and is taken back. */
export interface AttemptRecord {
  readonly attempt: number
  readonly error: ErrorData
}

/** What became of undoing a step. */
export interface UndoRecord {
  /** When, epoch ms of the process that did. */
  readonly at: number
  /** What it threw: it is tried once more when the process dies before the run has ended. */
  readonly error?: ErrorData
}

/** A step that waits for its next attempt. */
export interface WaitRecord {
  /** How many attempts have failed. */
  readonly attempts: number
  /** When the next one is due, epoch ms of the store, and how long that was from when it was decided. */
  readonly retryAt: number
  readonly delayMs: number
}

/** Kinds of entries, by the letter that their keys begin with. */
type EntryKind = 'step' | 'item' | 'wait' | 'attempt' | 'undo' | 'ending' | 'forked'
const LETTERS: Readonly<Record<EntryKind, string>> = {
  step: 's',
  item: 'i',
  wait: 'w',
  attempt: 'a',
  undo: 'u',
  ending: 'e',
  forked: 'f',
}
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as EntryKind]))

/** An entry, as far as it can be read without the codec. */
export interface ReadEntry {
  readonly kind: EntryKind
  /** What it is about; see `Generations.keyOf`. */
  readonly key: string
  readonly head: unknown
  /** The encoded output of a step. */
  readonly body: string
}

const entry = (kind: EntryKind, key: string, head: unknown, body = '', final = true): Entry => ({
  key: `${LETTERS[kind]}:${key}`,
  // The output stands beside the rest, not inside: text inside JSON would be written with escapes.
  value: `${JSON.stringify(head)}\n${body}`,
  final,
})

/** @throws PipelineError `VALUE_UNSTORABLE` */
export function stepEntry(codec: Codec, key: string, record: StepRecord, output: unknown, step: string): Entry {
  return entry('step', key, record, encode(codec, output, `The output of step "${step}"`, { step }))
}

export const waitEntry = (key: string, record: WaitRecord): Entry => entry('wait', key, record, '', false)
export const attemptEntry = (key: string, record: AttemptRecord): Entry => entry('attempt', key, record, '', false)
export const itemEntry = (key: string, item: string): Entry => entry('item', key, { item })
export const undoEntry = (key: string, record: UndoRecord): Entry =>
  entry('undo', key, record, '', record.error === undefined)
/** An entry that was read, under another key. */
export const movedEntry = ({ kind, head, body }: ReadEntry, key: string): Entry => entry(kind, key, head, body)
/** That all is there which a fork begins with. */
export const forkedEntry: Entry = entry('forked', '-', {})
/** @param maxValueBytes longest value of the store, in bytes */
export const endingEntry = (error: unknown, maxValueBytes: number): Entry =>
  entry('ending', '-', recordedError(error, maxValueBytes))

export function readEntry({ key, value }: Entry): ReadEntry | undefined {
  const kind = KINDS.get(key.slice(0, 1))
  if (kind === undefined) return undefined // of a newer version of this package
  const end = value.indexOf('\n')
  return { kind, key: key.slice(2), head: JSON.parse(value.slice(0, end)) as unknown, body: value.slice(end + 1) }
}
