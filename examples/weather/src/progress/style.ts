import { styleText } from 'node:util'

/** A colour or another look that `styleText` knows. */
export type Format = Extract<Parameters<typeof styleText>[0], string>

/** Colours a text, or leaves it as it is. */
export type Style = (format: Format, text: string) => string

/** Colours for what is written to `stream`: none unless it is a terminal; `NO_COLOR` and `FORCE_COLOR` are heard. */
export const styleOf =
  (stream: NodeJS.WritableStream): Style =>
  (format, text) =>
    styleText(format, text, { stream })
