import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import xterm from '@xterm/headless'

/** A terminal in memory: what is written to it can be looked at as a person would see it. */
export class Screen extends Writable {
  readonly isTTY = true
  readonly columns: number
  readonly rows = 30
  /** Everything written to it. */
  written = ''
  readonly #terminal: xterm.Terminal

  constructor(columns = 60) {
    super()
    this.columns = columns
    this.#terminal = new xterm.Terminal({ cols: columns, rows: this.rows, convertEol: true, allowProposedApi: true })
  }

  /** As a real terminal decides: `NO_COLOR` and `FORCE_COLOR` are heard. */
  getColorDepth(): number {
    return WriteStream.prototype.getColorDepth({ TERM: 'xterm-256color', ...process.env })
  }

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.written += chunk.toString()
    this.#terminal.write(chunk)
    written()
  }

  /** The lines on it, without colours and empty lines. */
  async lines(): Promise<string[]> {
    await new Promise<void>((drawn) => this.#terminal.write('', drawn))
    const { active } = this.#terminal.buffer
    const lines = Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '')
    return lines.filter((line) => line !== '')
  }
}

/** A pipe in memory. */
export class MemoryPipe extends Writable {
  written = ''

  override _write(chunk: Buffer, _encoding: string, written: () => void): void {
    this.written += chunk.toString()
    written()
  }
}
