import { isRecord } from './definition-check.ts'
import { PipelineError } from './errors.ts'
import { aFlag, aFunction, anObject, aString, checkFields, type FieldCheck } from './field-check.ts'
import type { RunOptions, StartOptions } from './run-options.ts'

/** What is checked where it is read. */
const later: FieldCheck = [() => true, '']

const ofRun: Readonly<Record<keyof RunOptions, FieldCheck>> = {
  id: aString,
  signal: [(value) => isRecord(value) && aFunction[0](value['addEventListener']), 'an AbortSignal'],
  concurrency: later,
  failure: [(value) => value === 'fail-fast' || value === 'continue', "'fail-fast' or 'continue'"],
  timeout: later,
  grace: later,
  services: anObject,
  context: anObject,
  tags: [
    (value) => isRecord(value) && Object.values(value).every((tag) => typeof tag === 'string'),
    'an object of strings',
  ],
}

const ofStart: Readonly<Record<keyof StartOptions, FieldCheck>> = { ...ofRun, paused: aFlag }

/** The options of a run that was given none. */
export const NO_OPTIONS: StartOptions = Object.freeze({})

/**
 * @param started whether the run is one that can be controlled
 * @throws PipelineError `OPTION_INVALID` for an option that there is not, and for a value that it cannot have
 */
export function checkRunOptions(options: unknown, started: boolean): void {
  if (options === NO_OPTIONS) return
  const refuse = (what: string) => new PipelineError('OPTION_INVALID', `In the options of the run: ${what}.`)
  checkFields(options, started ? ofStart : ofRun, true, refuse)
}
