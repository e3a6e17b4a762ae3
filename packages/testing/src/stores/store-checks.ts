import { type Awaitable, checkOptions, type OptionRules } from '@pipe/core'
import { holdTo } from './rule.ts'
import { storeRules } from './rules.ts'
import type { StoreBackend, StoreCheck, StoreCheckOptions } from './store-check.ts'

const known: OptionRules<StoreCheckOptions> = {
  histories: ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
}

/**
 * The rules of the contract of stores, in the order of the suite; for those who want them in another way than
 * {@link describeStore} registers them.
 *
 * ```ts
 * for (const { name, run } of storeChecks('memory', () => ({ client: () => memoryStore() }))) Deno.test(name, run)
 * ```
 * @param name how messages call the store
 * @param make makes a backend with nothing in it, a new one for each check
 * @throws PipelineError `OPTION_INVALID`
 */
export function storeChecks(
  name: string,
  make: () => Awaitable<StoreBackend>,
  options: StoreCheckOptions = {},
): readonly StoreCheck[] {
  const { histories = 100 } = checkOptions(options, known, { owner: `the checks of store "${name}"` })
  return storeRules.map((rule) => ({ name: rule.name, run: () => holdTo(rule, { name, make, histories }) }))
}
