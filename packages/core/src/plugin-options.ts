import { NO_ENTRIES } from './graph.ts'

/** Keys of a specification that the kernel owns; all others belong to plugins. */
const OWN = new Set(
  (
    'needs after when optional version uses run undo output over key concurrency optionalItems input until max ' +
    'alternatives steps'
  ).split(' '),
)

/** The options of a specification that belong to plugins. */
export function pluginOptions(spec: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let options: Record<string, unknown> | undefined
  for (const key in spec) {
    if (!OWN.has(key) && spec[key] !== undefined && Object.hasOwn(spec, key)) options = { ...options, [key]: spec[key] }
  }
  return options === undefined ? NO_ENTRIES : Object.freeze(options)
}
