import type { Ledger } from './ledger.ts'

/** Where a process comes to its end, or is stopped until somebody lets it go on, and how. */
export interface Fault {
  /** `before` or `after`, and what: a method of the store, `commit` with a key, `body` or `undo` with a path. */
  readonly at: string
  /** At which time that it comes there, from 1. Default 1. */
  readonly nth?: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** The points that a process passes, and the one that is fatal for it. */
export class Failpoints {
  readonly #fault: Fault | undefined
  readonly #ledger: Ledger
  readonly #trace: boolean
  #times = 0

  /** @param trace whether the ledger tells of each point that was passed */
  constructor(ledger: Ledger, fault?: Fault, trace = false) {
    this.#fault = fault
    this.#ledger = ledger
    this.#trace = trace
  }

  /** Nothing comes after this line in the process, if it is its last. */
  reach(point: string): void {
    const { pid } = process
    if (this.#trace) this.#ledger.write({ kind: 'reached', point, pid })
    if (point !== this.#fault?.at || ++this.#times !== (this.#fault.nth ?? 1)) return
    if (!this.#trace) this.#ledger.write({ kind: 'reached', point, pid })
    process.kill(pid, this.#fault.signal)
    // The signal may take a moment, in which nothing may happen.
    if (this.#fault.signal === 'SIGKILL') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
}
