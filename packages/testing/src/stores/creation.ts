import type { StoredRun } from '@pipe/state'
import { must } from '../finding.ts'
import { by, entry, LONG, newId, newRun, type Some, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

/** So many ask for one run at the same time. */
const CROWD = 50

export const createsOnce: StoreRule = {
  name: `creates a run once and leases it to one owner, when ${CROWD} ask for it at the same time`,
  async check({ store, other, open }) {
    const clients = [store, other, await open(), await open(), await open()]
    const run = newRun()
    const answers = await Promise.all(
      Array.from({ length: CROWD }, (_, i) => clients[i % clients.length]!.acquire(run, by(`owner ${i}`))),
    )
    const todo = 'look at the run and take it in one atomic command of the backend'
    const leases = answers.filter(({ fence }) => fence !== null)
    must(leases.length === 1, `${leases.length} of ${CROWD} owners got the lease`, todo)
    const created = answers.filter((answer) => answer.created)
    must(created.length === 1 && created[0] === leases[0], `${created.length} of ${CROWD} were told \`created\``, todo)
    const owner = leases[0]?.run.owner
    for (const { run: seen } of answers) tells(seen, { owner, status: 'running', crashes: 0 }, 'in an answer', todo)
  },
}

export const tellsWhatItKnows: StoreRule = {
  name: 'knows of a new run what it was created with, and nothing of a run that there is not',
  async check({ store, other }) {
    const run = { ...newRun({ pipeline: 'a pipeline', data: 'some data' }), more: 'than the contract knows' }
    const none = newId()
    const todo = 'see `NewRun` and `StoredRun`; leave fields that say nothing out'
    const acquired = await store.acquire(run, by('first'))
    const expected: Some<StoredRun & { more: string }> = {
      id: run.id,
      pipeline: 'a pipeline',
      data: 'some data',
      status: 'running',
      command: 'run',
      reason: undefined,
      outcome: undefined,
      owner: 'first',
      fence: acquired.fence ?? undefined,
      crashes: 0,
      endedAt: undefined,
      more: undefined,
    }
    tells<Partial<StoredRun>>(acquired.run, expected, 'in the answer that created a run', todo)
    tells<Partial<StoredRun>>(await store.get(run.id), expected, 'of a new run', todo)
    unchanged(
      await whole(other, run.id),
      { run: acquired.run, entries: {} },
      'between the answer to `acquire` and what another client reads',
      'answer with the run as it is stored',
    )
    must((await store.get(none)) === undefined, 'something is known of a run that there is not', 'answer `undefined`')
    const { items, next } = await store.entries(none)
    must(items.length === 0 && next === undefined, 'a run that there is not has entries', 'answer `{ items: [] }`')
    const asked = [await store.command(none, 'pause'), await store.revive(none), await store.delete(none)]
    const nothing = asked.every((run) => run === undefined) && (await store.get(none)) === undefined
    must(nothing, 'to command, revive or delete a run that there is not makes it', 'answer `undefined` and do nothing')
  },
}

export const createsForGood: StoreRule = {
  name: 'keeps what a run was created with, whatever later requests say of it',
  async check({ store, other }) {
    const run = newRun({ pipeline: 'one', data: 'one' })
    const changed = { ...run, pipeline: 'other', data: 'other' }
    const fence = await taken(store, run)
    const todo = 'write `pipeline` and `data` when the run is created, and never again'
    const held = await other.acquire(changed, by('second'))
    tells(held.run, run, 'after a request for the run as another pipeline, while somebody has it', todo)
    await store.release(run.id, fence, 'waiting')
    const next = await other.acquire(changed, by('second'))
    tells(next, { created: false }, 'when it is taken by somebody else, of the answer', 'say `created` once')
    tells(next.run, run, 'after it was taken with other data', todo)
  },
}

/** What a run that begins anew might remember. */
const PASTS = ['ended', 'dead', 'blocked', 'paused', 'cancelled', 'stalled'] as const

export const beginsAnew: StoreRule = {
  name: 'forgets everything of a run that begins anew',
  async check({ store, other, pass }) {
    for (const past of PASTS) {
      const run = newRun()
      const fence = await taken(store, run)
      await store.commit(run.id, fence, [entry('a', 'a', true), entry('b', 'b')])
      if (past === 'paused' || past === 'cancelled')
        await store.command(run.id, past === 'paused' ? 'pause' : 'cancel', '!')
      if (past === 'ended') await store.end(run.id, fence, 'failed', 'an outcome')
      else if (past === 'dead' || past === 'stalled') {
        await store.renew(run.id, fence, 1)
        await pass(5)
        if (past === 'dead') await store.acquire(run, by('second', { maxCrashes: 0 }))
      } else await store.release(run.id, fence, 'blocked', 'an outcome')
      const next = { ...run, pipeline: 'next', data: 'next' }
      const answer = await other.acquire(next, by('third', { anew: true, maxCrashes: 0 }))
      const when = `of a run that was ${past} and began anew`
      must(answer.fence !== null, `a run that is ${past} cannot begin anew`, 'let `anew` begin whatever nobody has')
      tells(answer, { created: true }, `in the answer, ${when}`, 'say `created`: nothing is known of it any more')
      const todo = 'delete the run and its entries and create it again, in one atomic command; keep the count of tokens'
      const fields = { command: 'run', reason: undefined, outcome: undefined, crashes: 0, endedAt: undefined } as const
      tells(answer.run, { ...next, ...fields, status: 'running', owner: 'third' }, when, todo)
      unchanged(await whole(store, run.id), { run: answer.run, entries: {} }, when, todo)
      must(answer.fence > fence, `${when}, the token is ${answer.fence} after ${fence}`, todo)
    }
  },
}

export const neverAnewWhileHeld: StoreRule = {
  name: 'lets no run begin anew while somebody has it',
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', 'a', true)])
    const before = await whole(store, run.id)
    for (const owner of ['first', 'second']) {
      const answer = await other.acquire({ ...run, data: 'next' }, by(owner, { anew: true, leaseMs: LONG }))
      const todo = 'look whether somebody has the run before anything is forgotten'
      const got = owner === 'first' ? fence : null
      tells(answer, { fence: got, created: false }, `when the ${owner} owner asks for the run anew, the answer`, todo)
      unchanged(await whole(store, run.id), before, `after the ${owner} owner asked for the run anew`, todo)
    }
  },
}
