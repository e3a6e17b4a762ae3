import reservedIdentifiers from 'reserved-identifiers'
import validate from 'validate-npm-package-name'
import { CreateError } from './create-error.ts'

/** What a plugin is called, in every place where it has a name. */
export interface PluginName {
  /** Of the package: `@acme/pipe-circuit-breaker`. */
  readonly package: string
  /** Of the plugin, its file and its events: `circuit-breaker`. */
  readonly plugin: string
  /** Of the function that makes it, and of the step option: `circuitBreaker`. */
  readonly camel: string
  /** What its types begin with: `CircuitBreaker`. */
  readonly pascal: string
}

/** The fields of steps that are core's: no plugin can own an option of this name. */
export const fieldsOfSteps: readonly string[] = [
  ...['needs', 'after', 'when', 'optional', 'version', 'uses', 'run', 'undo', 'output', 'over', 'key', 'concurrency'],
  ...['optionalItems', 'input', 'until', 'max', 'alternatives', 'steps'],
]

/**
 * Names a plugin after its package, without the scope and without `pipe-` or `pipe-plugin-`. Where JavaScript, core or
 * `taken` use that word already, it ends in `-plugin`.
 *
 * @param taken identifiers that the code around it uses
 * @throws CreateError `NAME_INVALID`
 */
export function pluginName(name: string, taken: ReadonlySet<string>): PluginName {
  const { validForNewPackages, errors = [], warnings = [] } = validate(name)
  if (!validForNewPackages) throw invalid(name, `npm refuses it: ${[...errors, ...warnings].join(', ')}`)
  if (name.startsWith('@pipe/')) throw invalid(name, 'the scope @pipe is the project’s own: take yours, or none')
  const word = name.replace(/^@[^/]*\//, '').replace(/^pipe-(plugin-)?/, '')
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(word))
    throw invalid(name, `"${word}" must be small letters, digits and single hyphens, and begin with a letter`)
  const isTaken = [taken, reservedIdentifiers(), new Set(fieldsOfSteps)].some((words) => words.has(camelOf(word)))
  const plugin = isTaken ? `${word}-plugin` : word
  const camel = camelOf(plugin)
  return { package: name, plugin, camel, pascal: camel.charAt(0).toUpperCase() + camel.slice(1) }
}

const camelOf = (word: string) => word.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

function invalid(name: string, why: string): CreateError {
  const shown = typeof name === 'string' ? `"${name}"` : typeof name
  return new CreateError('NAME_INVALID', `The name of the package cannot be ${shown}: ${why}.`)
}
