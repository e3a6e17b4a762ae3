import { must } from '../finding.ts'
import { all, by, ended, entry, LONG, newRun, SHORT, taken, tells } from './asking.ts'
import type { StoreRule } from './rule.ts'
import type { Stage } from './stage.ts'

const DAY = 24 * LONG

const CUT =
  'keep when a lease was given or renewed; where that lies in the future, `acquire` and `list` let it begin anew now, as long as it was asked for'

/** Ways in which others come upon a run whose lease they wait for. */
const looks: Readonly<Record<string, (stage: Stage, run: ReturnType<typeof newRun>) => Promise<unknown>>> = {
  'it was asked for': ({ other }, run) => other.acquire(run, by('second')),
  'stalled runs were listed': ({ other }, { pipeline }) => other.list({ pipeline, states: ['stalled'] }, 10),
}

export const cutsLeases: StoreRule = {
  name: 'keeps no run from others for longer than its lease when its clock is set back, if that can be tried',
  async check(stage) {
    const { backend, store, other, pass } = stage
    if (backend.adjust === undefined) return
    for (const [when, look] of Object.entries(looks)) {
      for (const way of ['acquire', 'renew'] as const) {
        const run = newRun({ pipeline: `check ${crypto.randomUUID()}` })
        const fence = await taken(store, run, by('first', { leaseMs: way === 'acquire' ? SHORT : LONG }))
        if (way === 'renew') await store.renew(run.id, fence, SHORT)
        await backend.adjust(-DAY)
        await look(stage, run)
        await pass(SHORT + 1)
        const what = `the clock was set back by a day, ${when}, and ${SHORT} ms later, which was its lease, a run that nobody renewed`
        const { items } = await other.list({ pipeline: run.pipeline, states: ['stalled'] }, 10)
        must(items.length === 1, `${what} is not listed as stalled`, CUT)
        const next = await other.acquire(run, by('second'))
        must(next.fence !== null, `${what} is given to nobody: its lease is until ${next.run.leaseUntil}`, CUT)
        tells(next.run, { crashes: 1, owner: 'second' }, 'when it was taken then', 'count one crash')
        must(!(await store.commit(run.id, fence, [])), `${what} was taken, and its old token is good still`, CUT)
      }
    }
  },
}

export const keepsLeases: StoreRule = {
  name: 'leaves a run to its owner when its clock is set back, and when it is set and the lease then renewed, if that can be tried',
  async check({ backend, store, other }) {
    if (backend.adjust === undefined) return
    const run = newRun()
    const fence = await taken(store, run)
    const todo = 'give a run away only when the time of the store has passed the end of its lease'
    for (const ms of [-DAY, DAY, -DAY, -DAY, LONG / 2, 3 * DAY]) {
      await backend.adjust(ms)
      const when = `the clock was set by ${ms} ms`
      if (ms > LONG) must((await store.renew(run.id, fence, LONG)) !== null, `${when}, and a lease is lost`, todo)
      const answer = await other.acquire(run, by('second'))
      tells(answer, { fence: null }, `${when}, and when another owner asks for a run, the answer`, todo)
      await other.list({ states: ['stalled'] }, 10)
      const [until = 0, now] = [(await store.get(run.id))?.leaseUntil, await store.now()]
      must(until > now && until <= now + LONG, `${when}, and a lease of ${LONG} ms is until ${until} at ${now}`, CUT)
      must(await store.commit(run.id, fence, [entry('a', `${ms}`)]), `${when}, and the owner may not commit`, todo)
      if (ms < 0) must((await store.renew(run.id, fence, LONG)) !== null, `${when}, and a lease is lost`, todo)
    }
  },
}

export const raisesFencesBackInTime: StoreRule = {
  name: 'raises the token of a run also when its clock is set back, if that can be tried',
  async check({ backend, store, other }) {
    if (backend.adjust === undefined) return
    const run = newRun()
    const seen = [await ended(store, run, 'succeeded')]
    const todo = 'take the greatest token that was given into account, besides the time'
    const again = async (how: string, take: () => Promise<number>) => {
      await backend.adjust?.(-DAY)
      const fence = await take()
      const last = seen.at(-1)!
      must(fence > last, `the clock was set back, and the token of a run ${how} is ${fence} after ${last}`, todo)
      await store.end(run.id, fence, 'failed', '')
      seen.push(fence)
    }
    await again('that began anew', () => taken(other, run, by('second', { anew: true })))
    await store.delete(run.id)
    await again('that was deleted and created again', () => taken(store, run, by('third')))
  },
}

export const listsBackInTime: StoreRule = {
  name: 'lists each run once, whatever its clock was set to when they were created, if that can be tried',
  async check({ backend, store, other }) {
    if (backend.adjust === undefined) return
    const pipeline = `check ${crypto.randomUUID()}`
    const made: string[] = []
    for (const ms of [0, -DAY, 2 * DAY, -DAY]) {
      await backend.adjust(ms)
      for (let i = 0; i < 3; i++) {
        const run = newRun({ pipeline })
        await ended(store, run, 'failed')
        made.push(run.id)
      }
    }
    for (const limit of [1, 5, 100]) {
      const listed = await all((after) => other.list({ pipeline, states: ['failed'] }, limit, after))
      const once = new Set(listed.map(({ id }) => id))
      must(
        listed.length === made.length && made.every((id) => once.has(id)),
        `of ${made.length} runs that were created while the clock was set, ${once.size} are listed, ${listed.length} times, in pages of ${limit}`,
        'let a page begin after the run that was the last of the page before, in the order of the list',
      )
    }
    const purged = await store.purge(['failed'], (await store.now()) + 2 * DAY, 100)
    must(purged === made.length, `${purged} of ${made.length} such runs are forgotten by a purge`, 'see `purge`')
  },
}
