import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** What a step did to the outside world: it began, did it, began to undo it, undid it. */
export interface Effect {
  readonly kind: 'effect'
  readonly phase: 'begin' | 'done' | 'undoing' | 'undone'
  readonly run: string
  /** Path of the step. */
  readonly step: string
  readonly attempt: number
  readonly fence: number
  readonly pid: number
  /** When, epoch ms of the machine. */
  readonly at: number
}

/** The store confirmed that a run was created. */
interface Accepted {
  readonly kind: 'accepted'
  readonly run: string
}

/** The store confirmed that an entry was recorded that is final. */
export interface Kept {
  readonly kind: 'kept'
  readonly run: string
  readonly key: string
  readonly value: string
}

/** A failpoint was reached. */
interface Reached {
  readonly kind: 'reached'
  readonly point: string
  readonly pid: number
}

/** One line of the ledger. */
export type Line = Effect | Accepted | Kept | Reached

/**
 * A file that all processes append to: the outside world, which remembers what was done to it, whatever became of who did
 * it. A line is one write at the end of the file, whole or not there.
 */
export class Ledger {
  readonly file: string

  constructor(file: string) {
    this.file = file
  }

  write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`)
  }

  read(): readonly Line[] {
    return this.#text()
      .split('\n')
      .filter((text) => text !== '')
      .map((text) => JSON.parse(text) as Line)
  }

  /** Nothing as long as nobody has written anything. */
  #text(): string {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : ''
  }

  /** What was done by the steps of a run, in its order. */
  effects(run: string): readonly Effect[] {
    return this.read().filter((line): line is Effect => line.kind === 'effect' && line.run === run)
  }
}

/** Runs that were accepted. */
export function acceptedIn(lines: readonly Line[]): ReadonlySet<string> {
  // Who began to do something was told that the run is accepted, also when it died before it could tell the ledger.
  return new Set(lines.flatMap((line) => (line.kind === 'accepted' || line.kind === 'effect' ? [line.run] : [])))
}
