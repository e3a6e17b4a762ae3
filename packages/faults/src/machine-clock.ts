import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * The clock of a machine that can be set while processes run: a file says by how many ms it is ahead, and processes that
 * follow it look there whenever they ask for the time. Timers and monotonic clocks do not notice, as with a real one.
 */
export class MachineClock {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  /** Sets it by so many ms, forwards or back. */
  set(ms: number): void {
    const next = `${this.file}.next`
    writeFileSync(next, String(this.#ahead() + ms))
    renameSync(next, this.file) // whoever reads it has the one or the other
  }

  /**
   * From now on, `Date.now` of this process tells its time. The file is read once in a millisecond: reading it takes so much
   * longer than to ask a real clock that between two questions of one line it would be set too often.
   */
  follow(): void {
    const real = Date.now.bind(Date)
    let [readAt, ahead] = [0, 0]
    Date.now = () => {
      const now = real()
      if (now !== readAt) [readAt, ahead] = [now, this.#ahead()]
      return now + ahead
    }
  }

  #ahead(): number {
    return existsSync(this.file) ? Number(readFileSync(this.file, 'utf8')) : 0
  }
}
