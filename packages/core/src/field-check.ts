import { isRecord, textOf } from './definition-check.ts'

/** What a field may hold: a test, and the words for what passes it. */
export type FieldCheck = readonly [test: (value: unknown) => boolean, words: string]

export const aFunction: FieldCheck = [(value) => typeof value === 'function', 'a function']
export const anObject: FieldCheck = [isRecord, 'an object']
export const aString: FieldCheck = [(value) => typeof value === 'string' && value !== '', 'a non-empty string']
export const aFlag: FieldCheck = [(value) => typeof value === 'boolean', 'true or false']
export const functions: FieldCheck = [
  (value) => isRecord(value) && Object.values(value).every((one) => one === undefined || aFunction[0](one)),
  'an object of functions',
]

/**
 * Looks whether the fields of `given` hold what they may; all may be absent or `undefined`.
 *
 * @param closed whether there may be no other fields
 * @param refuse makes the error of what is wrong, which is part of a sentence
 */
export function checkFields(
  given: unknown,
  checks: Readonly<Record<string, FieldCheck>>,
  closed: boolean,
  refuse: (what: string) => Error,
): asserts given is object {
  if (!isRecord(given)) throw refuse(`expected an object, got ${textOf(given)}`)
  for (const field of Object.keys(closed ? given : checks)) {
    const value = given[field]
    if (value === undefined) continue
    if (!Object.hasOwn(checks, field)) throw refuse(`there is no \`${field}\`, only ${Object.keys(checks).join(', ')}`)
    const [test, words] = checks[field]!
    if (!test(value)) throw refuse(`\`${field}\` must be ${words}, got ${textOf(value)}`)
  }
}
