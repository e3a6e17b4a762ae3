import { messageOf, type OptionSite } from '@pipe/core'
import { Copier, type ErrorSnapshot, isError, safely } from './copier.ts'
import { settingsOf, type SnapshotOptions } from './options.ts'
import { CENSORED } from './redaction.ts'

/**
 * Plain copies of anything: what may be kept of a value that is somebody else's. A copy has an end, in depth and in length;
 * it holds no secrets, no cycles and no objects of yours, and belongs to who asked for it. Nothing here throws, whatever it is given; what
 * cannot be read says so.
 */
export interface Snapshots {
  /**
   * A copy of a value. Objects, maps, and instances by their own fields are objects; lists and sets are lists; dates and all
   * that has `toJSON` are what that says; errors are as `error` has them. Functions in fields are left out, what else JSON
   * does not know is text. `undefined` stays, and so do `NaN` and `Infinity`: JSON writes `null` for them, or nothing.
   */
  readonly of: (value: unknown) => unknown
  /**
   * A copy of anything that was thrown, with all causes.
   *
   * @param options `stacks`: whether stacks are in it, default true. To read a stack is what costs most
   */
  readonly error: (thrown: unknown, options?: { readonly stacks?: boolean }) => ErrorSnapshot
  /** A text without secrets; `…(+n)` at its end says that `n` characters more were cut off. */
  readonly text: (text: string) => string
}

/**
 * Makes copies without secrets.
 *
 * ```ts
 * const snapshots = snapshotsOf({ redact: { keys: ['iban'] } })
 * snapshots.of({ iban: 'DE02', token: 'x', n: 1 }) // → { iban: '[redacted]', token: '[redacted]', n: 1 }
 * ```
 * @param site whose options these are, for the error: `{ owner: 'logging()', plugin: 'logging' }`
 * @throws PipelineError `OPTION_INVALID`
 */
export function snapshotsOf(options: SnapshotOptions = {}, site: OptionSite = { owner: 'snapshotsOf()' }): Snapshots {
  const { redaction, maxLength } = settingsOf(options, site)
  const copier = (stacks: boolean) => new Copier(maxLength, redaction, stacks)
  // A path that cannot be followed to its end (the length of a list is no field) has taken out who knows what.
  const cut = (copy: unknown) =>
    typeof copy === 'object' && copy !== null ? safely<unknown>(() => redaction.cut(copy), CENSORED) : copy
  return {
    of: (value) => cut(copier(true).copy(value, 0)),
    error(thrown, { stacks = true } = {}) {
      const one = copier(stacks)
      if (isError(thrown)) {
        const copy = one.error(thrown, 0)
        return safely<ErrorSnapshot>(() => redaction.cut(copy), { name: 'Error', message: CENSORED })
      }
      const copy = { name: 'NonError', message: one.text(messageOf(thrown)) }
      return typeof thrown === 'object' && thrown !== null ? { ...copy, value: cut(one.copy(thrown, 0)) } : copy
    },
    text: (text) => copier(true).text(text),
  }
}
