import { aFlag, anObject, aString, invalidOption, type OptionRule, type OptionRules, problemIn } from './options.ts'
import type { RunOptions, StartOptions } from './run-options.ts'

/** What is checked where it is read. */
const later: OptionRule = ['', () => true]

// Partial, for packages that compile this one from its source may have merged options of theirs into the type.
const ofRun: Partial<OptionRules<RunOptions>> = {
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

const ofStart: Partial<OptionRules<StartOptions>> = { ...ofRun, paused: aFlag }

/** The options that runs have without plugins. */
export const runOptionNames: readonly string[] = Object.keys(ofStart)

type Rules = Readonly<Record<string, OptionRule>>

/** The rules for the options of runs. */
export interface RunOptionRules {
  readonly run: Rules
  readonly start: Rules
}

/** @param owned the rules for those that plugins own */
export const runOptionRules = (owned: Rules = {}): RunOptionRules => ({
  run: { ...ofRun, ...owned },
  start: { ...ofStart, ...owned },
})

/** The options of a run that was given none. */
export const NO_OPTIONS: StartOptions = Object.freeze({})

/** @throws PipelineError `OPTION_INVALID` for an option that there is not, and for a value that it cannot have */
export function checkRunOptions(options: unknown, rules: Rules, pipeline: string): void {
  if (options === NO_OPTIONS) return
  const problem = problemIn(options, rules)
  if (problem !== undefined) throw invalidOption({ owner: 'the run', pipeline }, ...problem)
}
