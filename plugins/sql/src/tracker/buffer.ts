import {
  bare,
  type Change,
  type ChangeOf,
  charactersOf,
  keyOf,
  type Kind,
  mergeOf,
  type Rows,
  type Weight,
} from './change.ts'

interface Held {
  change: Change
  /** Rises with each row; those with lower numbers are written first. */
  readonly number: number
  characters: number
}

/** What the buffer had to let go of. */
export interface Dropped {
  /** Rows that are not written. */
  rows: number
  /** Rows that are written without what was captured: input, output, what an error says, tags. */
  bodies: number
}

/** So much text is held, in characters. */
const MOST_TEXT = 32 * 1024 * 1024

/** So much text is written at once. */
const TEXT_AT_ONCE = 1024 * 1024

/** Rows that wait to be written: of each the last state, in the order of the first. Bounded. */
export class Buffer {
  readonly dropped: Dropped = { rows: 0, bodies: 0 }
  readonly #limit: number
  #held = new Map<string, Held>()
  #last = 0
  #characters = 0

  /** @param limit how many rows are held; of those that are needed twice as many */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#held.size
  }

  /** The number of the last row. */
  get last(): number {
    return this.#last
  }

  add(change: Change, weight: Weight): void {
    const key = keyOf(change.kind, change.row)
    const before = this.#held.get(key)
    if (before === undefined && this.#isFull(weight)) {
      this.dropped.rows++
      return
    }
    if (before !== undefined) return this.#keep(before, mergeOf(before.change, change))
    const held = { change, number: ++this.#last, characters: 0 }
    this.#held.set(key, held)
    this.#keep(held, change)
  }

  /** Writes the undo of a step into its row, when that has not been written yet. Answers whether it has not. */
  undo(row: Rows['undo']): boolean {
    const held = this.#held.get(keyOf('step_executions', row))
    if (held?.change.kind !== 'step_executions') return false
    const { undo_status, undo_error } = row
    this.#keep(held, { ...held.change, row: { ...held.change.row, undo_status, undo_error } })
    return true
  }

  /** Takes out the first rows, at most so many; of a run those of one execution, whose rows are written before the next. */
  take(count: number): Batch {
    const taken = new Map<string, Held>()
    const executions = new Map<string, string>()
    let text = 0
    for (const [key, held] of this.#held) {
      const { run_id, execution } = held.change.row
      if (taken.size === count || (taken.size > 0 && text + held.characters > TEXT_AT_ONCE)) break
      if ((executions.get(run_id) ?? execution) !== execution) break
      executions.set(run_id, execution)
      taken.set(key, held)
      text += held.characters
    }
    for (const key of taken.keys()) this.#held.delete(key)
    this.#characters -= text
    return new Batch(taken)
  }

  /** Puts back what was taken last and could not be written. */
  putBack({ held }: Batch): void {
    const all = new Map(held)
    for (const { characters } of held.values()) this.#characters += characters
    for (const [key, later] of this.#held) {
      const earlier = held.get(key)
      if (earlier === undefined) {
        all.set(key, later)
        continue
      }
      const change = mergeOf(earlier.change, later.change)
      const characters = charactersOf(change)
      this.#characters += characters - earlier.characters - later.characters
      all.set(key, { change, number: earlier.number, characters })
    }
    this.#held = all
  }

  #isFull(weight: Weight): boolean {
    return this.size >= (weight === 'needed' ? 2 * this.#limit : this.#limit)
  }

  /** Has `held` be `change`, without its text when there is too much of it. */
  #keep(held: Held, change: Change): void {
    this.#characters -= held.characters
    held.change = change
    held.characters = charactersOf(change)
    if (held.characters > 0 && this.#characters + held.characters > MOST_TEXT) {
      this.dropped.bodies++
      held.change = bare(change)
      held.characters = 0
    }
    this.#characters += held.characters
  }
}

type Lists = { [K in Kind]: Rows[K][] }

/** Rows that were taken out of the buffer. */
export class Batch {
  readonly held: ReadonlyMap<string, Held>
  readonly rows: Readonly<Lists> = {
    anew: [],
    pipeline_executions: [],
    step_executions: [],
    step_attempts: [],
    undo: [],
  }
  /** The number of its last row. */
  readonly last: number

  constructor(held: ReadonlyMap<string, Held>) {
    this.held = held
    let last = 0
    for (const { change, number } of held.values()) {
      place(this.rows, change)
      last = number
    }
    this.last = last
  }

  get size(): number {
    return this.held.size
  }

  /** The same in two. */
  halves(): readonly [Batch, Batch] {
    const all = [...this.held]
    const middle = all.length >> 1
    return [new Batch(new Map(all.slice(0, middle))), new Batch(new Map(all.slice(middle)))]
  }
}

function place<K extends Kind>(into: Lists, { kind, row }: ChangeOf<K>): void {
  into[kind].push(row)
}
