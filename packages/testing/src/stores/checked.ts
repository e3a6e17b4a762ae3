import { isPipelineError, messageOf } from '@pipe/core'
import type { Command, EndStatus, StateStore } from '@pipe/state'
import { shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { by, entry, newId, newRun, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

const GUARD = 'wrap the store in `guardStore` of @pipe/state, which sees to it'

/** Ends a check unless a call is refused before anything is done. */
async function refused(call: Promise<unknown>, what: string): Promise<void> {
  const seen = await call.then(
    (answer) => `is answered with ${shown(answer)}`,
    (error: unknown) => (isPipelineError(error, 'OPTION_INVALID') ? '' : `rejects with ${messageOf(error)}`),
  )
  must(seen === '', `${what} ${seen} instead of being refused with \`OPTION_INVALID\``, GUARD)
}

const wrongIds = {
  'an empty id': '',
  'an id of 201 characters': 'x'.repeat(201),
  'the id `__proto__`': '__proto__',
  'an id with a space': 'a b',
  'an id with a line break': 'a\n',
  'an id with NUL': 'a\0',
  'an id that is not ASCII': 'é',
  'an id that is no string': 7 as unknown as string,
}

const ofId = (store: StateStore, id: string): Readonly<Record<string, () => Promise<unknown>>> => ({
  acquire: () => store.acquire(newRun({ id }), by('first')),
  renew: () => store.renew(id, 1, 1_000),
  release: () => store.release(id, 1, 'waiting'),
  commit: () => store.commit(id, 1, []),
  end: () => store.end(id, 1, 'succeeded', ''),
  get: () => store.get(id),
  entries: () => store.entries(id),
  command: () => store.command(id, 'pause'),
  revive: () => store.revive(id),
  delete: () => store.delete(id),
})

export const refusesWrongIds: StoreRule = {
  name: 'refuses ids that cannot be',
  async check({ store }) {
    for (const [what, id] of Object.entries(wrongIds)) {
      for (const [method, call] of Object.entries(ofId(store, id)))
        await refused(call(), `${what} given to ${method}()`)
    }
  },
}

export const refusesNonsense: StoreRule = {
  name: 'refuses values and numbers that cannot be, and writes nothing then',
  async check({ store }) {
    const run = newRun()
    const fence = await taken(store, run)
    const before = await whole(store, run.id)
    const fresh = newRun()
    // Fewer characters than bytes are allowed: it is bytes that count.
    const tooLong = 'é'.repeat(Math.floor(store.maxValueBytes / 2) + 1)
    const wrong: Readonly<Record<string, () => Promise<unknown>>> = {
      'a run without a pipeline': () => store.acquire({ ...fresh, pipeline: '' }, by('first')),
      'a pipeline of 201 characters': () => store.acquire({ ...fresh, pipeline: 'x'.repeat(201) }, by('first')),
      '`data` that is too long': () => store.acquire({ ...fresh, data: tooLong }, by('first')),
      'a request without an owner': () => store.acquire(fresh, by('')),
      'a lease of 0 ms': () => store.acquire(fresh, by('first', { leaseMs: 0 })),
      'a lease of NaN ms': () => store.acquire(fresh, by('first', { leaseMs: NaN })),
      '-1 crashes': () => store.acquire(fresh, by('first', { maxCrashes: -1 })),
      'a renewal for 0 ms': () => store.renew(run.id, fence, 0),
      'the token 0': () => store.renew(run.id, 0, 1_000),
      'the token 1.5': () => store.commit(run.id, 1.5, []),
      'an entry without a key': () => store.commit(run.id, fence, [entry('a', 'a'), entry('', 'b')]),
      'an entry whose key has NUL': () => store.commit(run.id, fence, [entry('a', 'a'), entry('b\0', 'b')]),
      'a key of 2,001 characters': () => store.commit(run.id, fence, [entry('a', 'a'), entry('x'.repeat(2_001), 'b')]),
      'a value that is too long': () => store.commit(run.id, fence, [entry('a', 'a'), entry('b', tooLong)]),
      'an outcome that is too long': () => store.end(run.id, fence, 'succeeded', tooLong),
      'an end that is none': () => store.end(run.id, fence, 'running' as EndStatus, ''),
      'a release to `running`': () => store.release(run.id, fence, 'running' as 'waiting'),
      'a command that is none': () => store.command(run.id, 'stop' as Command),
      'a list of 0': () => store.list({}, 0),
      'a list of 1,001': () => store.list({}, 1_001),
      'a list of a state that is none': () => store.list({ states: ['done' as 'failed'] }, 1),
      'a purge of runs that have not ended': () => store.purge(['running' as EndStatus], Date.now() + 1e9, 10),
      'a purge of 0': () => store.purge(['succeeded'], 0, 0),
      'a purge before NaN': () => store.purge(['succeeded'], NaN, 1),
    }
    for (const [what, call] of Object.entries(wrong)) {
      await refused(call(), what)
      unchanged(await whole(store, run.id), before, `after ${what} was refused`, GUARD)
      must((await store.get(fresh.id)) === undefined, `after ${what} was refused, the run is there`, GUARD)
    }
  },
}

export const takesEveryId: StoreRule = {
  name: 'takes every id there may be, and keeps runs with ids that look alike apart',
  async check({ store, other }) {
    const own = newId()
    const ids = [
      own,
      own.toUpperCase(),
      `${own}.`,
      `${own}/`,
      `${own}:`,
      `${own}%`.replace('%', '_'),
      `x${own}`.padEnd(200, '0'),
      `.:@+=/-_${own}`,
      '0',
      '1e3',
      '-1',
      '..',
      'constructor',
      'toString',
      'null',
    ]
    const todo = 'compare ids byte for byte: no collation that ignores case, no patterns, no plain object as a map'
    for (const id of ids) {
      const { fence, created } = await store.acquire(newRun({ id, data: id }), by(id))
      must(created && fence !== null, `a run with the id '${id}', which there was not, is not created`, todo)
      await store.commit(id, fence, [entry('id', id)])
    }
    for (const id of ids) {
      const { run, entries } = await whole(other, id)
      tells(run, { id, data: id, owner: id }, `of the run with the id '${id}'`, todo)
      tells(entries['id'], { value: id }, `in the run with the id '${id}', of its entry`, todo)
    }
  },
}
