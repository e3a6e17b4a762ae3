import { must } from '../finding.ts'
import { by, LONG, newRun, SHORT, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'

/** Takes a run for a moment and lets the lease run out. */
async function crash({ store, pass }: Stage, run: ReturnType<typeof newRun>, owner: string): Promise<number> {
  const fence = await taken(store, run, by(owner, { leaseMs: SHORT, maxCrashes: 100 }))
  await pass(SHORT + 1)
  return fence
}

export const countsCrashes: StoreRule = {
  name: 'counts a crash when a run is taken whose lease ran out, and never else',
  async check(stage) {
    const { store, other } = stage
    const run = newRun()
    const todo = 'add one crash when a `running` run is taken whose lease has run out, and only then'
    for (const crashes of [0, 1, 2]) {
      await crash(stage, run, `owner ${crashes}`)
      tells(await store.get(run.id), { crashes, status: 'running' }, `after ${crashes + 1} lease(s) ran out`, todo)
    }
    const fence = await taken(other, run, by('last'))
    await store.renew(run.id, fence, LONG)
    await other.acquire(run, by('somebody'))
    await store.release(run.id, fence, 'waiting')
    tells(
      await store.get(run.id),
      { crashes: 3 },
      'after the lease was renewed, refused to others and handed back',
      todo,
    )
    await taken(other, run, by('next'))
    tells(await store.get(run.id), { crashes: 3 }, 'after a run that was handed back was taken', todo)
  },
}

export const countsCrashOnce: StoreRule = {
  name: 'counts a crash once, however often the one who takes the run asks',
  async check(stage) {
    const { store, other } = stage
    const run = newRun()
    await crash(stage, run, 'first')
    await store.acquire(run, by('second', { maxCrashes: 1 }))
    for (const client of [store, other]) {
      const again = await client.acquire(run, by('second', { maxCrashes: 1 }))
      const todo = 'give an owner that asks again the lease that it has, before anything is counted'
      tells(again.run, { crashes: 1 }, 'after an owner asked a second time for a run whose lease had run out', todo)
    }
  },
}

export const buries: StoreRule = {
  name: 'makes a run dead that crashed once too often, and gives it to nobody',
  async check(stage) {
    const { store, other } = stage
    const run = newRun()
    for (const owner of ['first', 'second']) await crash(stage, run, owner)
    const todo = 'when crashes exceed `maxCrashes`, make the run `dead`, end its lease and answer `fence: null`'
    const buried = await other.acquire(run, by('third', { maxCrashes: 1 }))
    const expected = { status: 'dead', crashes: 2, leaseUntil: 0, endedAt: undefined } as const
    tells(buried, { fence: null }, 'when a run with 2 crashes is asked for and 1 is forgiven, the answer', todo)
    tells(buried.run, expected, 'in that answer', todo)
    tells(await store.get(run.id), expected, 'of a run with 2 crashes of which 1 was forgiven', todo)
    const again = await store.acquire(run, by('fourth', { maxCrashes: 100 }))
    must(again.fence === null, 'a dead run is given to who forgives more crashes', todo)
    tells(await store.get(run.id), expected, 'after a dead run was asked for', todo)

    const once = newRun()
    await crash(stage, once, 'first')
    const { fence } = await store.acquire(once, by('second', { maxCrashes: 1 }))
    must(fence !== null, 'a run with 1 crash is not given to who forgives 1', 'forgive `maxCrashes` crashes')
  },
}

export const revives: StoreRule = {
  name: 'lets a dead run be taken again after `revive`, which changes no other run',
  async check(stage) {
    const { store, other } = stage
    const run = newRun()
    await crash(stage, run, 'first')
    await store.acquire(run, by('second', { maxCrashes: 0 }))
    const todo = 'make a run that is `dead` `waiting`, with 0 crashes; leave all others as they are'
    tells(await other.revive(run.id), { status: 'waiting', crashes: 0 }, 'in the answer to `revive`', todo)
    const fence = await taken(store, run, by('third', { maxCrashes: 0 }))
    tells(await store.get(run.id), { crashes: 0, owner: 'third' }, 'of a run that was revived and taken', todo)
    const changes = [
      () => Promise.resolve(),
      () => store.release(run.id, fence, 'blocked', 'why'),
      async () => store.end(run.id, await taken(store, run, by('fourth')), 'failed', 'why'),
    ]
    for (const change of changes) {
      await change()
      const before = await whole(store, run.id)
      await stage.pass(2)
      const answer = await other.revive(run.id)
      unchanged(await whole(store, run.id), before, `after \`revive\` of a run that is ${before.run?.status}`, todo)
      tells(answer, { status: before.run?.status }, 'in the answer to `revive`', 'answer with the run as it is')
    }
  },
}
