import type { Clock, TimerHandle } from '@pipe/core'
import type { Driver } from '../drivers/driver.ts'
import { failureOf, isDataError, isTableMissing } from '../failure.ts'
import { type Batch, Buffer } from './buffer.ts'
import type { Change, Weight } from './change.ts'
import type { Statements } from './statements.ts'
import { answered } from './answered.ts'
import { unref } from './unref.ts'
import { Waiters } from './waiters.ts'

/** So many rows are written at once. */
const BATCH = 500

/** How long nothing is tried after a failure, first and at most, ms. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/** What a writer is given. */
export interface WriterSettings {
  readonly driver: Driver
  readonly statements: Statements
  /** Sees that the tables are there. */
  readonly prepare: () => Promise<void>
  readonly everyMs: number
  readonly maxRows: number
  readonly clock: Clock
  readonly report: (error: unknown) => void
}

/** How the writing goes. */
export interface TrackerHealth {
  /** Whether the database takes what it is given; `down` until it does again. */
  readonly state: 'up' | 'down'
  /** What the database failed with last, while it is down. */
  readonly error?: Error
  /** Rows that wait. */
  readonly waiting: number
  /** Rows that were written; states of the same row that were not written together are counted each. */
  readonly written: number
  /** Rows that were never written: too many waited, the database refused them, or it was down at the end. */
  readonly dropped: number
  /** Rows that were written without what was captured, since too much of it waited. */
  readonly stripped: number
}

/** Writes rows to the database, many at once, after a short while. Whatever the database does, nobody else notices. */
export class Writer {
  readonly #settings: WriterSettings
  readonly #buffer: Buffer
  readonly #waiters: Waiters
  /** Somebody waited in vain, and nothing was written since. */
  #isLate = false
  #working: Promise<void> | null = null
  /** Begins to write: after a short while, or, when the database is down, after a longer one. */
  #timer: TimerHandle = null
  #prepared = false
  /** It may take long, and is not begun again meanwhile. */
  #preparing: Promise<void> | null = null
  #closed = false
  /** What the database failed with; until it takes something again. */
  #failure: Error | null = null
  /** Nothing is tried now: the timer is for the next time. */
  #paused = false
  #pauseMs = FIRST_PAUSE_MS
  /** How many rows are being written. */
  #inFlight = 0
  #written = 0
  #refused = 0

  constructor(settings: WriterSettings) {
    this.#settings = settings
    this.#buffer = new Buffer(settings.maxRows)
    this.#waiters = new Waiters(settings.clock)
  }

  get health(): TrackerHealth {
    const { size, dropped } = this.#buffer
    return {
      state: this.#failure === null ? 'up' : 'down',
      ...(this.#failure !== null && { error: this.#failure }),
      waiting: size + this.#inFlight,
      written: this.#written,
      dropped: dropped.rows + this.#refused,
      stripped: dropped.bodies,
    }
  }

  add(change: Change, weight: Weight): void {
    if (this.#closed) {
      this.#refused++
      return
    }
    if (change.kind === 'undo' && this.#buffer.undo(change.row)) return
    this.#buffer.add(change, weight)
    this.#workSoon()
  }

  /** Makes the tables, before there is anything to write. */
  open(): void {
    this.#work()
  }

  /**
   * Resolves when all that there is now is written, at the latest after so long; at once while the database is down, or takes
   * longer than somebody has waited.
   */
  async settled(withinMs: number): Promise<void> {
    if (this.#isLate || withinMs === 0) return
    this.#isLate = !(await this.#isWritten(withinMs))
  }

  /** Answers after so long at the latest, and then with `false`. That the database is down is an answer too. */
  async #isWritten(withinMs: number): Promise<boolean> {
    if (this.#failure !== null || !this.#isBusy) return true
    const told = this.#waiters.wait(this.#buffer.last, withinMs)
    this.#work()
    return await told
  }

  /** Writes what is left, and tries for so long. What is left then is lost, and told; nothing is written any more. */
  async close(withinMs: number): Promise<void> {
    const { clock, report } = this.#settings
    const end = clock.monotonic() + withinMs
    for (let left = withinMs; left > 0 && this.#isBusy; left = end - clock.monotonic()) {
      if (this.#failure === null) await this.#isWritten(left)
      else {
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, Math.min(left, FIRST_PAUSE_MS)))
        this.#tryAgain()
      }
    }
    this.#closed = true
    clock.clearTimeout(this.#timer)
    this.#waiters.tell(Infinity)
    const { size } = this.#buffer
    const left = size + this.#inFlight
    if (left === 0) return
    this.#refused += this.#buffer.take(size).size
    const message = `${left} rows of the history were not written: the database did not take them in time.`
    report(new Error(message, { cause: this.#failure }))
  }

  get #isBusy(): boolean {
    return this.#buffer.size > 0 || this.#working !== null
  }

  #workSoon(): void {
    if (this.#working !== null || this.#paused || this.#closed) return
    if (this.#buffer.size >= BATCH) this.#work()
    else this.#timer ??= this.#settings.clock.setTimeout(() => this.#work(), this.#settings.everyMs)
  }

  /** Begins to write, unless it does already. */
  #work(): void {
    if (this.#working !== null || this.#paused || this.#closed) return
    this.#settings.clock.clearTimeout(this.#timer)
    this.#timer = null
    this.#working = this.#write().finally(() => {
      this.#working = null
      if (this.#paused) return
      if (this.#waiters.size > 0) this.#work()
      else if (this.#buffer.size > 0) this.#workSoon()
    })
  }

  /** Writes what there is now. What comes meanwhile is written with what comes after it. */
  async #write(): Promise<void> {
    // Whatever else happens in this turn of the event loop is written along.
    await nextTurn()
    const { driver, clock } = this.#settings
    const { last } = this.#buffer
    let batch = this.#buffer.take(0)
    try {
      if (!this.#prepared) await answered(clock, (this.#preparing ??= this.#prepare()))
      this.#prepared = true
      do {
        batch = this.#buffer.take(BATCH)
        this.#inFlight = batch.size
        await this.#writeBatch(batch)
        this.#inFlight = 0
        this.#failure = null
        this.#isLate = false
        this.#waiters.tell(batch.last)
        // SQLite holds everything up while it writes.
        if (driver.dialect === 'sqlite') await nextTurn()
      } while (this.#buffer.size > 0 && batch.last < last)
      this.#pauseMs = FIRST_PAUSE_MS
      if (this.#buffer.size === 0) this.#waiters.tell(Infinity)
    } catch (error) {
      this.#inFlight = 0
      if (this.#closed) this.#refused += batch.size
      else this.#buffer.putBack(batch)
      this.#isDown(error)
    }
  }

  async #prepare(): Promise<void> {
    try {
      await this.#settings.prepare()
    } finally {
      this.#preparing = null
    }
  }

  /** Writes rows, but for those that the database will never take. */
  async #writeBatch(batch: Batch): Promise<void> {
    const { driver, statements, clock, report } = this.#settings
    if (batch.size === 0) return
    try {
      await answered(clock, statements.write(driver, batch))
      this.#written += batch.size
    } catch (error) {
      if (!isDataError(error)) throw error
      if (batch.size > 1) {
        for (const half of batch.halves()) await this.#writeBatch(half)
        return
      }
      this.#refused++
      report(new Error('The database refuses a row of the history.', { cause: error }))
    }
  }

  /** Nobody waits for a database that is down, and it is left alone for longer and longer. */
  #isDown(error: unknown): void {
    const { clock, report } = this.#settings
    if (isTableMissing(error)) this.#prepared = false
    const first = this.#failure === null
    this.#failure = failureOf(error)
    if (this.#closed) return
    if (first) report(this.#failure)
    this.#waiters.tell(Infinity)
    this.#paused = true
    this.#timer = unref(clock.setTimeout(() => this.#tryAgain(), this.#pauseMs * (0.5 + Math.random() / 2)))
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }

  #tryAgain(): void {
    this.#paused = false
    this.#work()
  }
}

const nextTurn = () => new Promise(setImmediate)
