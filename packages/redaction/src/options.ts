import { checkOptions, invalidOption, type OptionRules, type OptionSite } from '@pipe/core'
import { NO_REDACTION, type RedactOptions, type Redaction, redactionOf } from './redaction.ts'

/** What copies hold, and how long they are. */
export interface SnapshotOptions {
  /** What is taken out besides what always is; `false` takes nothing out. Default: what always is. */
  readonly redact?: false | RedactOptions | undefined
  /** Longest copy of a value, an error or a text, in characters, about; a whole number from 64 up. Default 8,192. */
  readonly maxLength?: number | undefined
}

/** Complete options. */
export interface Settings {
  readonly redaction: Redaction
  readonly maxLength: number
}

/**
 * The options, checked and copied.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(options: SnapshotOptions, site: OptionSite): Settings {
  const { redact = {}, maxLength = 8_192 } = checkOptions(options, OPTIONS, site)
  return { redaction: redact === false ? NO_REDACTION : checkedRedaction(redact, site), maxLength }
}

function checkedRedaction(redact: RedactOptions, site: OptionSite): Redaction {
  const path = site.path === undefined ? 'redact' : `${site.path}.redact`
  const inside = { ...site, path, shape: 'false or an object' }
  const { paths = [] } = checkOptions(redact, REDACT, inside)
  for (const one of paths) {
    try {
      redactionOf({ paths: [one] })
    } catch {
      throw invalidOption(inside, one, PATHS, 'paths')
    }
  }
  return redactionOf(redact)
}

const PATHS = "a list of paths such as 'user.email', 'cards[*].number' or 'headers[\"x-key\"]'"

const listOf = (holds: (value: unknown) => boolean) => (value: unknown) => Array.isArray(value) && value.every(holds)
const isRegExp = (value: unknown) => value instanceof RegExp
const isText = (value: unknown) => typeof value === 'string' && value !== ''

const OPTIONS: OptionRules<SnapshotOptions> = {
  redact: ['', () => true],
  maxLength: ['a whole number from 64 up', (value) => Number.isInteger(value) && Number(value) >= 64],
}

const REDACT: OptionRules<RedactOptions> = {
  paths: ['a list of paths', Array.isArray],
  keys: ['a list of names and regular expressions', listOf((key) => isText(key) || isRegExp(key))],
  patterns: ['a list of regular expressions', listOf(isRegExp)],
}
