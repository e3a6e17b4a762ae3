import fc from 'fast-check'
import { type PluginName, pluginNames } from './every-plugin.ts'

/** So many orders are tried one by one; of more, as many are drawn. */
const MOST = 120

/** Calls `check` with every order of the list of plugins; when there are more than 120, with 120 of them. */
export async function inEveryOrder(check: (names: readonly PluginName[]) => Promise<void>): Promise<void> {
  const all = pluginNames.length <= 5 ? permutations(pluginNames) : []
  for (const names of all) await check(names)
  if (all.length === 0) await fc.assert(fc.asyncProperty(anyOrder, check), { numRuns: MOST })
}

/** An order in which the spans are around everything: so there are spans of what was restored. */
export const tracedFirst: readonly PluginName[] = ['tracing', ...pluginNames.filter((name) => name !== 'tracing')]

/** One order of all plugins. */
export const anyOrder = fc.shuffledSubarray(pluginNames, { minLength: pluginNames.length })

/** One in which `tracing` is around `durable`. */
export const anyTracedOrder = anyOrder.filter((names) => names.indexOf('tracing') < names.indexOf('durable'))

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]]
  return list.flatMap((first, at) => permutations(list.toSpliced(at, 1)).map((rest) => [first, ...rest]))
}
