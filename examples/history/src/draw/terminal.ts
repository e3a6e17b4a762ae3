import { styleText } from 'node:util'

/** Where text is drawn: how wide it is, and whether it has colours. */
export interface Terminal {
  /** Columns. */
  readonly width: number
  /** The text in the colour of a status, where there are colours. */
  readonly paint: (status: string, text: string) => string
}

const colours = {
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  lost: 'magenta',
  running: 'cyan',
  quiet: 'gray',
  heading: 'bold',
} as const
const isColour = (status: string): status is keyof typeof colours => Object.hasOwn(colours, status)

/**
 * What a stream can show: its columns, from 40 to 120; 80 where it has none, such as a pipe. Colours are for terminals
 * alone, as `NO_COLOR` and `FORCE_COLOR` say.
 */
export function terminalOf(stream: NodeJS.WritableStream & { readonly columns?: number }): Terminal {
  // There are none in a pipe, and 0 in some terminals.
  const { columns = 0 } = stream
  return {
    width: columns === 0 ? 80 : Math.min(120, Math.max(40, columns)),
    paint: (status, text) => (isColour(status) ? styleText(colours[status], text, { stream }) : text),
  }
}

const graphemes = new Intl.Segmenter()

/** What is seen as one letter each. */
export const lettersOf = (text: string): readonly string[] =>
  Array.from(graphemes.segment(text), ({ segment }) => segment)

/** One line, at most so wide. Control characters, which a database may hold, become spaces. */
export function fit(text: string, width: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const letters = lettersOf(text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' '))
  return letters.length <= width ? letters.join('') : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`
}

/** How long it took: `950 ms`, `1.2 s`, `3.1 min`; `–` when that is not known. */
export function duration(ms: number | undefined): string {
  if (ms === undefined) return '–'
  if (ms < 999.5) return `${ms.toFixed(0)} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`
}
