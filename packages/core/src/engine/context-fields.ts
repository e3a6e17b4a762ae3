import type { ContextFields, Plugin } from '../plugin.ts'
import { invalidPlugin } from './invalid-plugin.ts'
import { Task } from './task.ts'

/** What contexts have of their own; of that plugins may make only the logger. */
const own = [
  ...Object.getOwnPropertyNames(Task.prototype).filter((field) => field !== 'log'),
  ...(['scope', 'node', 'argument', 'position', 'tries', 'phase', 'startedMono', 'extra'] satisfies (keyof Task)[]),
]

/**
 * Collects the fields that plugins add to contexts, and sees to it that contexts look for them in the host of their run.
 *
 * @throws PipelineError `PLUGIN_INVALID` for a plugin that may not have a field
 */
export function contextFieldsOf(plugins: readonly Plugin[]): ContextFields {
  const owners = new Map(own.map((field) => [field, 'the kernel']))
  for (const { name, context = {} } of plugins) {
    for (const field of Object.keys(context) as (keyof ContextFields)[]) {
      const owner = owners.get(field)
      if (owner !== undefined) throw invalidPlugin(`the context field \`${field}\` is owned by ${owner} already`, name)
      owners.set(field, `plugin "${name}"`)
      if (!(field in Task.prototype)) lookUp(field)
    }
  }
  return Object.assign({}, ...plugins.map(({ context }) => context)) as ContextFields
}

/** Contexts of all pipes are of one class, which is quicker than a class for each; so the pipe is asked at each read. */
function lookUp(field: keyof ContextFields): void {
  Object.defineProperty(Task.prototype, field, {
    get(this: Task) {
      const { host, context } = this.self.scope.run
      return host.fields[field]?.(this, context)
    },
  })
}
