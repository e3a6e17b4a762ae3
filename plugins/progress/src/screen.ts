import type { Clock } from '@pipe/core'
import { Drawing } from './drawing.ts'
import { sameScreen, sizeOf, type Terminal, type TerminalSize } from './terminal.ts'

/** Something to be drawn in a part of a screen. */
export interface Section {
  /** Lines that are no longer and no more than there is room for. */
  lines(room: TerminalSize): readonly string[]
}

const screens = new WeakMap<Terminal, Screen>()

/** The screen that a stream leads to: one for all who draw on it, through this stream or another. */
export function screenOf(terminal: Terminal): Screen {
  const [key = terminal] = sameScreen(terminal)
  const screen = screens.get(key) ?? new Screen(terminal)
  screens.set(key, screen)
  return screen
}

/** Shows its sections below each other, while there are any. */
class Screen {
  readonly #terminal: Terminal
  readonly #sections = new Set<Section>()
  #drawing: Drawing | null = null

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  get columns(): number {
    return sizeOf(this.#terminal).columns
  }

  /** @param clock that of the first section sets the pace */
  open(section: Section, clock: Clock): void {
    this.#sections.add(section)
    this.#drawing ??= new Drawing(this.#terminal, clock, (size) => this.#lines(size))
  }

  /** Leaves lines on the screen for good, above all sections. */
  keep(lines: readonly string[]): void {
    this.#drawing?.keep(lines)
  }

  /** Shows the sections that there are, now. */
  refresh(): void {
    this.#drawing?.refresh()
  }

  close(section: Section): void {
    this.#sections.delete(section)
    if (this.#sections.size > 0) return this.refresh()
    this.#drawing?.end()
    this.#drawing = null
  }

  #lines({ columns, rows }: TerminalSize): readonly string[] {
    const lines: string[] = []
    let left = this.#sections.size
    // The cursor stands below the lines.
    for (const section of this.#sections) {
      const room = Math.ceil((rows - 1 - lines.length) / left--)
      if (room > 0) lines.push(...section.lines({ columns, rows: room }))
    }
    return lines
  }
}
