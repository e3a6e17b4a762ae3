import { isPipelineError } from '@pipe/core'
import type { Entry, NewRun, StateStore } from '@pipe/state'
import { must } from '../finding.ts'
import { all, by, entriesOf, entry, newRun, taken } from './asking.ts'
import type { StoreRule } from './rule.ts'

const MIB = 1024 * 1024

/** Entries of `size` bytes each, no two alike, as many as it takes to `bytes`. */
function parts(bytes: number, size: number): readonly Entry[] {
  return Array.from({ length: Math.ceil(bytes / size) }, (_, i) =>
    entry(`part[${i}]`, `${i} `.padEnd(size, 'x'), i % 2 === 0),
  )
}

/** How many of `expected` are there, as they were committed. */
function kept(found: ReadonlyMap<string, Entry>, expected: readonly Entry[]): number {
  return expected.filter(({ key, value, final }) => {
    const seen = found.get(key)
    return seen?.value === value && seen.final === final
  }).length
}

/** Together as long as the entries of a commit of the suite are, in bytes. */
const COMMIT = 12 * MIB

export const keepsLargeCommits: StoreRule = {
  name: `keeps all of a commit of ${COMMIT / MIB} MiB, or refuses it with \`OPTION_INVALID\` and keeps nothing of it`,
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    const entries = parts(COMMIT, Math.min(MIB, store.maxValueBytes))
    const answer = await store.commit(run.id, fence, entries).catch((error: unknown) => {
      if (isPipelineError(error, 'OPTION_INVALID')) return 'refused'
      throw error
    })
    const found = await entriesOf(other, run.id)
    const what = `a commit of ${entries.length} entries, ${COMMIT / MIB} MiB together,`
    const todo =
      'make it one transaction or script whatever its size; what is too large for that, refuse before anything is written'
    must(answer !== false, `${what} is answered as if the lease were not good`, todo)
    const count = kept(found, entries)
    if (answer === true) must(count === entries.length, `${what} is confirmed, and ${count} of them are there`, todo)
    else must(found.size === 0, `${what} is refused, and ${found.size} of them are there`, todo)
    await store.commit(run.id, fence, [entry('next', 'n')])
    must((await entriesOf(other, run.id)).has('next'), `the commit after ${what} is lost`, todo)
  },
}

/** Together as long as the entries of a run of the suite are, in bytes, and how they come. */
const RUN = 18 * MIB
const [VALUE, BATCH] = [8 * 1024, 128]

export const keepsLargeRuns: StoreRule = {
  name: `keeps all entries of a run, be they ${RUN / MIB} MiB together`,
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    const entries = parts(RUN, Math.min(VALUE, store.maxValueBytes))
    const todo = 'let no limit of the backend end a run: keep its entries apart, and tell them page by page'
    for (let from = 0; from < entries.length; from += BATCH) {
      const answer = await store.commit(run.id, fence, entries.slice(from, from + BATCH))
      must(answer, `a commit to a run with ${from} entries of ${VALUE} bytes is refused`, todo)
    }
    const found = await all((after) => other.entries(run.id, after))
    const count = kept(new Map(found.map((one) => [one.key, one])), entries)
    const whole = count === entries.length && found.length === count
    must(
      whole,
      `of ${entries.length} entries, ${RUN / MIB} MiB together, ${count} are there, and ${found.length} are told`,
      todo,
    )
  },
}

/** So many entries a run has that is forgotten. */
const ENTRIES = 3_000

/** Ways in which entries are forgotten, and the run is there again. */
const forgetting: Readonly<
  Record<string, (store: StateStore, run: NewRun, pass: (ms: number) => Promise<void>) => Promise<number>>
> = {
  'was purged': async (store, run, pass) => {
    await pass(2)
    await store.purge(['succeeded'], await store.now(), 10)
    const left = await entriesOf(store, run.id)
    must(left.size === 0, `${left.size} entries of a run that was purged are still there`, FORGET)
    return await taken(store, run, by('second'))
  },
  'was deleted': async (store, run) => {
    await store.delete(run.id)
    const left = await entriesOf(store, run.id)
    must(left.size === 0, `${left.size} entries of a run that was deleted are still there`, FORGET)
    return await taken(store, run, by('second'))
  },
  'began anew': (store, run) => taken(store, run, by('second', { anew: true })),
}
const FORGET = 'forget all entries of a run at once; what is deleted little by little must not be of any run any more'

export const forgetsManyEntries: StoreRule = {
  name: `forgets all entries of a run that is purged, deleted or begins anew, be they ${ENTRIES}`,
  async check({ store, other, pass }) {
    for (const [how, forget] of Object.entries(forgetting)) {
      const run = newRun()
      const before = await taken(store, run)
      const entries = Array.from({ length: ENTRIES }, (_, i) => entry(`step[${i}]`, `${i}`, i % 2 === 0))
      for (let from = 0; from < ENTRIES; from += 500)
        await store.commit(run.id, before, entries.slice(from, from + 500))
      await store.end(run.id, before, 'succeeded', '')
      const fence = await forget(store, run, pass)
      await other.commit(run.id, fence, [entry('step[0]', 'new')])
      const found = await entriesOf(other, run.id)
      const only = found.size === 1 && found.get('step[0]')?.value === 'new'
      must(
        only,
        `a run that ${how} has ${found.size} entries when one was recorded since, of ${ENTRIES} before`,
        FORGET,
      )
    }
  },
}

/** So many runs there are: more than any page has. */
const RUNS = 1_200

export const listsMany: StoreRule = {
  name: `lists all runs, be they ${RUNS}`,
  async check({ store, other }) {
    const pipeline = `check ${crypto.randomUUID()}`
    const made = new Set<string>()
    for (let from = 0; from < RUNS; from += 100) {
      const runs = Array.from({ length: 100 }, () => newRun({ pipeline }))
      await Promise.all(runs.map((run, i) => taken(i % 2 === 0 ? store : other, run)))
      for (const { id } of runs) made.add(id)
    }
    const filters = {
      'without a filter': {},
      'of their pipeline': { pipeline },
      'of their state': { states: ['running'] },
    } as const
    for (const [which, filter] of Object.entries(filters)) {
      const listed = await all((after) => other.list(filter, 1_000, after))
      const found = new Set(listed.map(({ id }) => id).filter((id) => made.has(id)))
      const told = found.size === RUNS && listed.length === RUNS
      must(
        told,
        `${which}, ${found.size} of ${RUNS} runs are listed, ${listed.length} times`,
        'list every run there is, page by page, however old',
      )
    }
  },
}
