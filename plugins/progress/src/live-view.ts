import cliTruncate from 'cli-truncate'
import type { Clock } from '@pipe/core'
import { Look } from './look.ts'
import { picture } from './picture.ts'
import { screenOf, type Section } from './screen.ts'
import type { ShownRun } from './shown-run.ts'
import { taskLine } from './task-line.ts'
import type { Terminal, TerminalSize } from './terminal.ts'
import type { View } from './view.ts'

/** The picture of a run that has ended has at most so many lines. */
const MOST = 500

/** Draws runs in place, below each other. When one has ended its last picture stays, above the others. */
export class LiveView implements View, Section {
  readonly #clock: Clock
  readonly #look: Look
  readonly #screen: ReturnType<typeof screenOf>
  readonly #runs = new Set<ShownRun>()

  constructor(terminal: Terminal, clock: Clock) {
    this.#clock = clock
    this.#look = new Look(terminal)
    this.#screen = screenOf(terminal)
  }

  began(run: ShownRun): void {
    this.#runs.add(run)
    this.#screen.open(this, this.#clock)
  }

  ended(run: ShownRun): void {
    if (!this.#runs.delete(run)) return
    this.#screen.keep(this.#draw(run, { columns: this.#screen.columns, rows: MOST }))
    if (this.#runs.size === 0) this.#screen.close(this)
    else this.#screen.refresh()
  }

  lines({ columns, rows }: TerminalSize): string[] {
    const lines: string[] = []
    let left = this.#runs.size
    for (const run of this.#runs) {
      const room = Math.ceil((rows - lines.length) / left--)
      if (room > 0) lines.push(...this.#draw(run, { columns, rows: room }))
    }
    return lines
  }

  #draw(
    { label, list, status, startedAt, durationMs, hasCompany }: ShownRun,
    { columns, rows }: TerminalSize,
  ): string[] {
    const now = this.#clock.now()
    const note = status === 'paused' ? 'paused' : ''
    if (!hasCompany && note === '') return picture(list.tasks, this.#look, { columns, rows, now, depth: 0 })
    const title = { status: status === 'paused' ? 'waiting' : status, note, startedAt, durationMs } as const
    const run = { ...title, kind: 'call', optional: false, items: undefined } as const
    const tasks = picture(list.tasks, this.#look, { columns, rows: rows - 1, now, depth: 1 })
    return [cliTruncate(taskLine(run, label, this.#look, now), columns), ...tasks]
  }
}
