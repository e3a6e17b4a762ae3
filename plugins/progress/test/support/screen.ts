import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import xterm from '@xterm/headless'

/** A terminal in memory: what is written to it can be looked at as a person would see it. */
export class Screen extends Writable {
  readonly isTTY = true
  columns: number
  rows: number
  /** Everything written to it. */
  written = ''
  /** How often something was written to it. */
  writes = 0
  readonly #terminal: xterm.Terminal

  constructor({ columns = 60, rows = 30 } = {}) {
    super()
    this.columns = columns
    this.rows = rows
    this.#terminal = new xterm.Terminal({ cols: columns, rows, convertEol: true, allowProposedApi: true })
  }

  /** As a real terminal decides: `NO_COLOR` and `FORCE_COLOR` are heard. */
  getColorDepth(): number {
    return WriteStream.prototype.getColorDepth({ TERM: 'xterm-256color', ...process.env })
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.written += chunk.toString()
    this.writes++
    this.#terminal.write(chunk)
    written()
  }

  /** As a window is made wider or narrower: the terminal breaks its lines anew. */
  async resize(columns: number, rows = this.rows): Promise<void> {
    await this.#drawn()
    this.#terminal.resize(columns, rows)
    this.columns = columns
    this.rows = rows
    this.emit('resize')
  }

  /** The lines on it and those that were scrolled away, without colours and empty lines. */
  async lines(): Promise<string[]> {
    await this.#drawn()
    const { active } = this.#terminal.buffer
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '')
    return lines.filter((line) => line !== '')
  }

  /** Whether a person sees where the cursor is. */
  get hasCursor(): boolean {
    return this.written.lastIndexOf('\u001b[?25h') >= this.written.lastIndexOf('\u001b[?25l')
  }

  #drawn(): Promise<void> {
    return new Promise((drawn) => this.#terminal.write('', drawn))
  }
}

/** A pipe in memory. */
export class MemoryPipe extends Writable {
  written = ''

  get lines(): string[] {
    return this.written.split('\n').slice(0, -1)
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.written += chunk.toString()
    written()
  }
}
