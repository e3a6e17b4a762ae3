import type { Page } from './store.ts'

/** Everything on the pages of a list, from the first on. */
export async function* everything<T>(page: (after?: string) => Promise<Page<T>>): AsyncGenerator<T, void, undefined> {
  let after: string | undefined
  do {
    const { items, next } = await page(after)
    yield* items
    after = next
  } while (after !== undefined)
}
