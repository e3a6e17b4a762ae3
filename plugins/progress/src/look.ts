import { styleText } from 'node:util'
import isUnicodeSupported from 'is-unicode-supported'
import type { Task } from './task.ts'

/** A colour or another look that `styleText` knows. */
export type Format = Extract<Parameters<typeof styleText>[0], string>

/** What stands before a task, in a terminal that has few signs and in one that has all. */
const marks: Readonly<Record<Task['status'], readonly [plain: string, sign: string, colour: Format]>> = {
  waiting: ['.', '·', 'dim'],
  running: ['>', '❯', 'cyan'],
  retrying: ['~', '⟳', 'yellow'],
  succeeded: ['√', '✔', 'green'],
  restored: ['√', '✔', 'blue'],
  skipped: ['-', '↓', 'dim'],
  failed: ['×', '✖', 'red'],
  cancelled: ['x', '■', 'yellow'],
}

/** How things look on a stream: in colour if it is a terminal that has them; `NO_COLOR` and `FORCE_COLOR` are heard. */
export class Look {
  readonly #stream: NodeJS.WritableStream
  readonly #hasSigns = isUnicodeSupported()

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  mark(status: Task['status']): string {
    return marks[status][this.#hasSigns ? 1 : 0]
  }

  /** The mark before what was undone. */
  get undone(): string {
    return this.paint('yellow', this.#hasSigns ? '↶' : '<')
  }

  colourOf({ status, optional }: Pick<Task, 'status' | 'optional'>): Format {
    return status === 'failed' && optional ? 'yellow' : marks[status][2]
  }

  paint(format: Format, text: string): string {
    return styleText(format, text, { stream: this.#stream, validateStream: true })
  }
}
