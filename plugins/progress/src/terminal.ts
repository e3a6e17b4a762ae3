import { stripVTControlCharacters } from 'node:util'

/** A stream that leads to a screen. `columns` and `rows` may be unknown. */
export interface Terminal extends NodeJS.WritableStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** The streams of this process that lead to the same screen as `terminal`, itself among them. */
export function sameScreen(terminal: Terminal): readonly Terminal[] {
  const { stdout, stderr } = process
  const own: readonly Terminal[] = [stdout, stderr].filter(({ isTTY }) => isTTY)
  return own.includes(terminal) ? own : [terminal]
}

/** Columns and rows. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** The size of a terminal, or what most terminals have where it is not known. */
export const sizeOf = ({ columns, rows }: Terminal): TerminalSize => ({
  columns: columns === undefined || columns < 1 ? 80 : columns,
  rows: rows === undefined || rows < 1 ? 24 : rows,
})

export type Write = (chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => boolean

/** Told before and after somebody writes. */
export interface WriteListener {
  before(): void
  /** @param isOpen whether the line is not finished; `undefined` when nothing was added to it */
  after(isOpen: boolean | undefined): void
}

/**
 * Tells `listener` of all that others write to `stream`.
 *
 * @returns how to write without being told of, and how to end it
 */
export function watchWrites(stream: Terminal, listener: WriteListener): { write: Write; release: () => void } {
  const isOwn = Object.hasOwn(stream, 'write')
  const original: Write = Reflect.get(stream, 'write') as Write
  const write: Write = (...args) => Reflect.apply(original, stream, args)
  let isWatched = true
  const watched: Write = (...args) => {
    if (!isWatched) return write(...args)
    listener.before()
    let isOpen: boolean | undefined
    try {
      const hasRoom = write(...args)
      isOpen = isUnfinished(args[0])
      return hasRoom
    } finally {
      listener.after(isOpen)
    }
  }
  stream.write = watched
  const release = () => {
    isWatched = false
    if (stream.write !== watched) return // somebody else watches too, and calls us
    if (isOwn) stream.write = original
    else Reflect.deleteProperty(stream, 'write')
  }
  return { write, release }
}

function isUnfinished(chunk: string | Uint8Array): boolean | undefined {
  const end = typeof chunk === 'string' ? chunk.slice(-64) : Buffer.from(chunk.subarray(-64)).toString()
  const visible = stripVTControlCharacters(end)
  return visible === '' ? undefined : !visible.endsWith('\n')
}
