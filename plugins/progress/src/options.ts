import { checkOptions, type OptionRules } from '@pipe/core'
import type { Terminal } from './terminal.ts'

/**
 * How runs are shown. `live`: drawn in place; `plain`: a line for what happens; `silent`: not at all. `auto`: `live` on a
 * terminal, otherwise `plain`.
 */
export type ProgressMode = 'auto' | 'live' | 'plain' | 'silent'

/** Where and how runs are shown. */
export interface ProgressOptions {
  /** Where to write. Default `process.stderr`. */
  readonly stream?: NodeJS.WritableStream
  /** How runs are shown. Default `auto`. */
  readonly mode?: ProgressMode
}

/** Complete options. */
export interface Settings {
  readonly stream: Terminal
  readonly mode: Exclude<ProgressMode, 'auto'>
}

/**
 * The options, checked, with what the environment says.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(options: ProgressOptions): Settings {
  const given = checkOptions(options, RULES, { owner: 'progress()', plugin: 'progress' })
  const { stream = process.stderr, mode = 'auto' }: { stream?: Terminal; mode?: ProgressMode } = given
  return { stream, mode: mode === 'auto' ? (isLively(stream) ? 'live' : 'plain') : mode }
}

/** Whether somebody watches, on a terminal that can move its cursor. */
function isLively({ isTTY }: Terminal): boolean {
  const { TERM, CI } = process.env
  return isTTY === true && TERM !== 'dumb' && [undefined, '', '0', 'false'].includes(CI)
}

const MODES: readonly unknown[] = ['auto', 'live', 'plain', 'silent'] satisfies ProgressMode[]

const isStream = (value: unknown) =>
  typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function' && 'on' in value

const RULES: OptionRules<ProgressOptions> = {
  stream: ['a stream to write to, such as process.stderr', isStream],
  mode: ["one of 'auto', 'live', 'plain', 'silent'", (value) => MODES.includes(value)],
}
