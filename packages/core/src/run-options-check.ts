import { aFlag, anObject, aString, invalidOption, type OptionRule, type OptionRules, problemIn } from './options.ts'
import type { RunOptions, StartOptions } from './run-options.ts'

/** What is checked where it is read. */
const later: OptionRule = ['', () => true]

const ofRun: OptionRules<RunOptions> = {
  id: aString,
  signal: ['an AbortSignal', (value) => typeof (value as Partial<AbortSignal> | null)?.addEventListener === 'function'],
  concurrency: later,
  failure: ["'fail-fast' or 'continue'", (value) => value === 'fail-fast' || value === 'continue'],
  timeout: later,
  grace: later,
  undoTimeout: later,
  services: anObject,
  context: anObject,
  tags: [
    'an object of strings',
    (value) => anObject[1](value) && Object.values(value as object).every((tag) => typeof tag === 'string'),
  ],
}

const ofStart: OptionRules<StartOptions> = { ...ofRun, paused: aFlag }

/** The options of a run that was given none. */
export const NO_OPTIONS: StartOptions = Object.freeze({})

/**
 * @param started whether the run is one that can be controlled
 * @throws PipelineError `OPTION_INVALID` for an option that there is not, and for a value that it cannot have
 */
export function checkRunOptions(options: unknown, started: boolean, pipeline: string): void {
  if (options === NO_OPTIONS) return
  const problem = problemIn(options, started ? ofStart : ofRun)
  if (problem !== undefined) throw invalidOption({ owner: 'the run', pipeline }, ...problem)
}
