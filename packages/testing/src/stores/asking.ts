import type { Entry, LeaseRequest, NewRun, Page, StateStore, StoredRun } from '@pipe/state'
import { differences } from '../checks/differences.ts'
import { must } from '../finding.ts'

/** A lease that does not run out while a check lasts, ms. */
export const LONG = 3_600_000

/** A lease that a check lets run out, ms. Nothing relies on its lasting. */
export const SHORT = 5

/** An id that no other run has. */
export const newId = (): string => `check-${crypto.randomUUID()}`

/** A run that nothing is known of. */
export const newRun = (more: Partial<NewRun> = {}): NewRun => ({ id: newId(), pipeline: 'check', data: '{}', ...more })

/** A request for a long lease. */
export const by = (owner: string, more: Partial<LeaseRequest> = {}): LeaseRequest => ({
  owner,
  leaseMs: LONG,
  maxCrashes: 5,
  ...more,
})

/** Takes a run that can be had, and answers with the token. */
export async function taken(store: StateStore, run: NewRun, request = by('first')): Promise<number> {
  const { fence, run: seen } = await store.acquire(run, request)
  must(
    fence !== null,
    `a run that nobody has (it is ${seen.status} and asked to ${seen.command}) is not given to ${request.owner}`,
    'give a run unless it has ended, is dead, is asked to pause, or another owner has it whose lease has not run out',
  )
  return fence
}

/** The token of a run that has just been ended. */
export async function ended(store: StateStore, run: NewRun, as: 'succeeded' | 'failed' | 'cancelled'): Promise<number> {
  const fence = await taken(store, run)
  const answer = await store.end(run.id, fence, as, `it has ${as}`)
  must(answer, 'the owner of a run cannot end it', 'end a run whose token is the last one and whose lease is good')
  return fence
}

/** An entry, not final. */
export const entry = (key: string, value: string, final = false): Entry => ({ key, value, final })

/** The most pages that a check turns. */
const MOST = 100_000

/** Everything on all pages. */
export async function all<T>(turn: (after?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  let after: string | undefined
  for (let pages = 0; pages < MOST; pages++) {
    const page = await turn(after)
    items.push(...page.items)
    if (page.next === undefined) return items
    must(page.next !== after, 'a page says that the page itself is the next one', 'leave `next` out of the last page')
    after = page.next
  }
  must(false, `there are more than ${MOST} pages`, 'leave `next` out of the last page')
}

/** The entries of a run by their keys. */
export async function entriesOf(store: StateStore, id: string): Promise<Map<string, Entry>> {
  const found = await all((after) => store.entries(id, after))
  return new Map(found.map((one) => [one.key, one]))
}

/** All that can be read of a run, as plain data: the same whatever order the store tells its entries in. */
export interface Whole {
  readonly run: StoredRun | undefined
  readonly entries: Readonly<Record<string, Entry>>
}

/** Reads all that there is of a run. */
export async function whole(store: StateStore, id: string): Promise<Whole> {
  const [run, entries] = [await store.get(id), await entriesOf(store, id)]
  return { run, entries: Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** Ends a check unless a run reads `before` as it does `after`. */
export function unchanged(after: Whole, before: Whole, when: string, remedy: string): void {
  const how = differences(after, before)
  must(how === '', `${when}, something of the run is changed: ${how}`, remedy)
}

/** Some fields of an object, with `undefined` for those that must not be there. */
export type Some<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Ends a check unless `got` has these values in these fields. */
export function tells<T extends object>(
  got: T | null | undefined,
  expected: Some<T>,
  when: string,
  remedy: string,
): void {
  must(got !== undefined && got !== null, `${when}, nothing is known of it`, remedy)
  const wanted = Object.entries(expected)
  const there = wanted.filter(([, value]) => value !== undefined)
  const seen = wanted.map(([key]) => [key, Reflect.get(got, key)] as const).filter(([, value]) => value !== undefined)
  const how = differences(Object.fromEntries(seen), Object.fromEntries(there))
  must(how === '', `${when}, ${how}`, remedy)
}
