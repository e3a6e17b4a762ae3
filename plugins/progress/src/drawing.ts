import { Writable } from 'node:stream'
import type { Clock, TimerHandle } from '@pipe/core'
import { createLogUpdate } from 'log-update'
import stringWidth from 'string-width'
import { onLeaving } from './leaving.ts'
import { sameScreen, sizeOf, type Terminal, type TerminalSize, watchWrites, type Write } from './terminal.ts'

/** Milliseconds between two frames. */
const PACE = 80
/** When others write again within so many milliseconds, the frame is not drawn for each time. */
const BURST = 10

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Around what is drawn: where a terminal makes a sign wider than we think, it cuts the line instead of breaking it. */
const [NO_WRAP, WRAP] = ['\u001b[?7l', '\u001b[?7h']
const upAndClear = (rows: number) => `\r\u001b[${rows}A\u001b[J`

/**
 * The last lines of a terminal, drawn over and over until `end`. What others write goes above them. Should the process
 * end first, the last frame stays and the cursor is shown again.
 */
export class Drawing {
  readonly #terminal: Terminal
  readonly #clock: Clock
  readonly #lines: (size: TerminalSize) => readonly string[]
  readonly #canvas: Canvas
  readonly #show: ReturnType<typeof createLogUpdate>
  readonly #releases: (() => void)[] = []
  #timer: TimerHandle
  /** What is on the screen. */
  #frame: readonly string[] = []
  #columns = 0
  #shownAt = -Infinity
  /** Whether somebody has begun a line and not finished it: it is theirs. */
  #isMidLine = false

  /** @param lines what to draw: one line each, no longer and no more than there is room for */
  constructor(terminal: Terminal, clock: Clock, lines: (size: TerminalSize) => readonly string[]) {
    this.#terminal = terminal
    this.#clock = clock
    this.#lines = lines
    let own: Write | undefined
    for (const stream of sameScreen(terminal)) {
      const { write, release } = watchWrites(stream, {
        before: () => this.#erase(),
        after: (isOpen) => this.#wrote(isOpen),
      })
      if (stream === terminal) own = write
      this.#releases.push(release)
    }
    this.#canvas = new Canvas(terminal, own ?? ((text) => terminal.write(text)))
    this.#show = createLogUpdate(this.#canvas, { showCursor: true }) // it would hide the cursor of another stream
    const stay = () => void this.#canvas.write(HIDE_CURSOR)
    this.#releases.push(onLeaving({ exit: () => this.#exit(), interrupt: () => this.#interrupt(), stay }))
    stay()
    this.#arm()
  }

  /** Draws now. */
  refresh(): void {
    if (this.#isMidLine) return
    const size = sizeOf(this.#terminal)
    const lines = this.#lines(size)
    if (size.columns !== this.#columns || lines.length === 0) this.#erase()
    if (lines.length > 0) this.#show(lines.join('\n'))
    this.#frame = lines
    this.#columns = size.columns
    this.#shownAt = this.#clock.monotonic()
  }

  /** Leaves `lines` above the frame, for good. */
  keep(lines: readonly string[]): void {
    this.#erase()
    if (lines.length > 0) this.#canvas.write(`${this.#isMidLine ? '\n' : ''}${lines.join('\n')}\n`)
    this.#isMidLine = false
  }

  /** Gives the terminal back. */
  end(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#canvas.write(SHOW_CURSOR)
    for (const release of this.#releases.splice(0)) release()
  }

  #interrupt(): void {
    this.refresh()
    this.#canvas.write(SHOW_CURSOR)
  }

  #exit(): void {
    // What Node itself has to say may stand below the frame already: nothing is erased any more.
    if (this.#frame.length === 0) this.refresh()
    this.#canvas.write(SHOW_CURSOR)
  }

  #wrote(isOpen = this.#isMidLine): void {
    this.#isMidLine = isOpen
    if (this.#clock.monotonic() - this.#shownAt >= BURST) this.refresh()
  }

  #erase(): void {
    if (this.#frame.length === 0) return
    // A terminal that got narrower has broken our lines: they take more rows now.
    const { columns } = sizeOf(this.#terminal)
    const rows = this.#frame.map((line) => Math.max(1, Math.ceil(stringWidth(line) / columns)))
    this.#canvas.write(upAndClear(rows.reduce((a, b) => a + b, 0)))
    this.#show.done()
    this.#frame = []
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#arm()
      this.refresh()
    }, PACE)
    // A process with nothing left to do but to draw may end.
    if (canLetGo(this.#timer)) this.#timer.unref()
  }
}

/** Whether a timer can be told to keep no process alive; those of other clocks than Node's cannot. */
const canLetGo = (timer: unknown): timer is Pick<NodeJS.Timeout, 'unref'> =>
  typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function'

/** A way to a terminal that nobody watches. */
class Canvas extends Writable {
  readonly isTTY = true
  readonly #terminal: Terminal
  readonly #put: Write

  constructor(terminal: Terminal, put: Write) {
    super({ decodeStrings: false })
    this.#terminal = terminal
    this.#put = put
  }

  get columns(): number {
    return sizeOf(this.#terminal).columns
  }

  get rows(): number {
    return sizeOf(this.#terminal).rows
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.#put(NO_WRAP + chunk + WRAP)
    done()
  }
}
