import { PipelineError } from '@pipe/core'
import type { StatementSync } from 'node:sqlite'
import { storeError } from './errors.ts'
import { type OpenFile, openFile } from './open-file.ts'
import type { SqliteSettings } from './options.ts'
import { patiently } from './patience.ts'

/** Something to be written, and who waits for it. */
interface Change {
  /** Writes it; what it returns tells who waits, once that is kept. */
  readonly write: () => () => void
  readonly reject: (error: unknown) => void
  /** How much it is, in rows. */
  readonly size: number
}

/**
 * So many rows, or changes, are the most of one transaction, some milliseconds: it is over before others miss the lock,
 * or the process its other work. A change is not divided, however large it is.
 */
const MOST_AT_ONCE = 1_000
const MOST_CHANGES = 100

/**
 * The one connection of a store. Changes that are asked for in the same turn share a transaction, since most of the cost
 * of a small one is its end; each gets an answer of its own, after the end.
 */
export class Connection {
  readonly #settings: SqliteSettings
  readonly #statements = new Map<string, StatementSync>()
  #file: OpenFile | null = null
  #waiting: Change[] = []
  #writing: Promise<void> | null = null

  constructor(settings: SqliteSettings) {
    this.#settings = settings
  }

  /** @throws PipelineError `STORE_UNFIT`, `STORE_UNAVAILABLE` */
  async open(): Promise<void> {
    try {
      this.#file = await openFile(this.#settings)
    } catch (error) {
      throw storeError(this.#settings.file, error)
    }
  }

  /** Waits for the changes that were asked for, and closes the file. */
  async close(): Promise<void> {
    await this.#writing
    this.#statements.clear()
    this.#file?.db.close()
    this.#file = null
  }

  /** The statement, prepared when it is first needed and kept. For {@link read} and {@link write}. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (statement === undefined) this.#statements.set(text, (statement = this.#open().db.prepare(text)))
    return statement
  }

  /**
   * The answer of `look`, which changes nothing; all that it sees is of the same time.
   *
   * @throws PipelineError `STORE_UNAVAILABLE`, `STORE_UNFIT`, `STORE_CLOSED`
   */
  async read<T>(look: () => T): Promise<T> {
    try {
      return await patiently(() => this.#transaction('BEGIN', look), this.#settings.busyTimeoutMs)
    } catch (error) {
      throw storeError(this.#settings.file, error)
    }
  }

  /**
   * The answer of `change`, once what it wrote is kept. Changes are made in the order in which they were asked for. Those
   * that share a transaction fail together, and then nothing of them is kept.
   *
   * @param size how many rows it writes, roughly
   * @throws PipelineError `STORE_UNAVAILABLE`, `STORE_UNFIT`, `STORE_CLOSED`
   */
  write<T>(change: () => T, size = 1): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const write = () => {
        const answer = change()
        return () => resolve(answer)
      }
      this.#waiting.push({ write, reject, size })
      // After all that can run now: what it asks for belongs to the same transaction.
      this.#writing ??= new Promise((done) => process.nextTick(() => void this.#writeAll().then(done)))
    })
  }

  /** @throws PipelineError `STORE_UNAVAILABLE` when the file was deleted or replaced */
  mustBeThere(): void {
    if (this.#open().isThere()) return
    const message = `The file ${this.#settings.file} of the sqlite store was deleted or replaced while it was in use, so nothing is kept any more. Start the process again.`
    throw new PipelineError('STORE_UNAVAILABLE', message)
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const changes = this.#waiting.splice(0, this.#together())
      try {
        const answers = await patiently(
          () => this.#transaction('BEGIN IMMEDIATE', () => changes.map(({ write }) => write())),
          this.#settings.busyTimeoutMs,
        )
        for (const answer of answers) answer()
      } catch (error) {
        const reason = storeError(this.#settings.file, error)
        for (const { reject } of changes) reject(reason)
      }
      if (this.#waiting.length > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    this.#writing = null
  }

  /** How many of the changes that wait share the next transaction: one at least. */
  #together(): number {
    let [count, size] = [0, 0]
    for (const change of this.#waiting) {
      size += change.size
      if (count > 0 && (size > MOST_AT_ONCE || count === MOST_CHANGES)) break
      count++
    }
    return count
  }

  #transaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
    const { db } = this.#open()
    this.sql(begin).run()
    try {
      const answer = work()
      this.sql('COMMIT').run()
      return answer
    } catch (error) {
      // A full disk, for example, has ended it already.
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }

  #open(): OpenFile {
    if (this.#file === null) throw new PipelineError('STORE_CLOSED', 'The sqlite store is closed. Make another one.')
    return this.#file
  }
}
