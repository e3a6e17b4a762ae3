import { must } from '../finding.ts'
import { soon } from '../patience.ts'
import { turn } from '../turn.ts'
import { by, ended, LONG, newRun, SHORT, taken, tells, unchanged, whole } from './asking.ts'
import type { StoreRule } from './rule.ts'

export const hearsCommands: StoreRule = {
  name: 'tells the owner of a run with the next renewal what it is asked to do',
  async check({ store, other }) {
    const run = newRun()
    const fence = await taken(store, run)
    const todo = 'keep command and reason in the run, and answer `renew` with what is there'
    tells(await store.renew(run.id, fence, LONG), { command: 'run', reason: undefined }, 'before anybody asks', todo)
    for (const [command, reason] of [
      ['pause', 'for the night'],
      ['run', undefined],
      ['pause', undefined],
      ['cancel', 'too late'],
    ] as const) {
      const answer = await other.command(run.id, command, reason)
      const when = `after a run was asked to ${command}${reason === undefined ? '' : ' with a reason'}`
      tells(answer, { command, reason, status: 'running', owner: 'first' }, `in the answer ${when}`, todo)
      tells(await store.renew(run.id, fence, LONG), { command, reason }, `in the next renewal ${when}`, todo)
      tells(await store.get(run.id), { command, reason, fence }, when, todo)
    }
  },
}

export const pauses: StoreRule = {
  name: 'gives a run that is asked to pause to nobody, until it is asked to run',
  async check({ store, other, pass }) {
    const todo = 'refuse a run whose command is `pause`, and leave it as it is; its owner keeps the lease'
    for (const way of ['handed back', 'stalled', 'held'] as const) {
      const run = newRun()
      const fence = await taken(store, run, by('first', way === 'stalled' ? { leaseMs: SHORT } : {}))
      await other.command(run.id, 'pause')
      if (way === 'handed back') await store.release(run.id, fence, 'waiting')
      if (way === 'stalled') await pass(SHORT + 1)
      const before = await whole(store, run.id)
      const answer = await other.acquire(run, by('second', { maxCrashes: 0 }))
      must(answer.fence === null, `a run that is asked to pause and ${way} is given to another owner`, todo)
      unchanged(await whole(store, run.id), before, `after a paused run, ${way}, was asked for`, todo)
      if (way === 'held') {
        must(await store.release(run.id, fence, 'waiting'), 'the owner of a paused run cannot hand it back', todo)
      }
      await store.command(run.id, 'run')
      const { fence: next } = await other.acquire(run, by('second'))
      must(next !== null, `a run, ${way}, that was asked to pause and then to run is given to nobody`, todo)
    }
  },
}

export const cancelsForGood: StoreRule = {
  name: 'lets a run that is asked to cancel be asked nothing else, and be taken',
  async check({ store, other, pass }) {
    const run = newRun()
    const fence = await taken(store, run)
    await store.command(run.id, 'cancel', 'the first reason')
    const before = await whole(store, run.id)
    await pass(2)
    for (const command of ['run', 'pause', 'cancel'] as const) {
      const answer = await other.command(run.id, command, 'another reason')
      const todo = 'change nothing of a run whose command is `cancel`, and answer with it'
      tells(answer, { command: 'cancel', reason: 'the first reason' }, `in the answer to ${command} after cancel`, todo)
      unchanged(await whole(store, run.id), before, `after a cancelled run was asked to ${command}`, todo)
    }
    await store.release(run.id, fence, 'waiting')
    const { fence: next, run: seen } = await other.acquire(run, by('second'))
    must(next !== null, 'a run that is asked to cancel is given to nobody, who could end it', 'give it to whoever asks')
    tells(seen, { command: 'cancel', reason: 'the first reason' }, 'when it is taken', 'keep command and reason')
  },
}

export const asksNoEnded: StoreRule = {
  name: 'changes nothing of a run that has ended, whatever it is asked to do',
  async check({ store, other, pass }) {
    for (const as of ['succeeded', 'failed', 'cancelled'] as const) {
      const run = newRun()
      await ended(store, run, as)
      const before = await whole(store, run.id)
      await pass(2)
      for (const command of ['pause', 'cancel', 'run'] as const) {
        const todo = 'look at the status in the same atomic command that writes the request'
        tells(await other.command(run.id, command, 'late'), { status: as }, `in the answer to ${command}`, todo)
        unchanged(await whole(store, run.id), before, `after a run that has ${as} was asked to ${command}`, todo)
      }
    }
  },
}

/** So often a listener that heard nothing gets another chance: what it hears is a hint. */
const CHANCES = 20

/** After so many real ms it is asked again. */
const CHANCE = 150

export const watches: StoreRule = {
  name: 'tells those who watch which run was asked to do something, if it lets them watch',
  async check({ store, other }) {
    if (store.watch === undefined) return
    const [run, quiet] = [newRun(), newRun()]
    await taken(store, run)
    await taken(store, quiet)
    const [heard, after]: [string[], string[]] = [[], []]
    const stops = [store.watch((id) => heard.push(id)), store.watch((id) => after.push(id))]
    stops[1]!()
    const todo =
      'call the listener with the id of the run after each `command`, at least one of the same client; or leave `watch` out'
    /** Asks both clients until `holds` does: a store may hear of nothing but its own commands. */
    const askUntil = async (id: string, holds: () => boolean) => {
      for (let i = 0; i < CHANCES && !holds(); i++) {
        await other.command(id, 'pause')
        await store.command(id, 'run')
        await soon(holds, CHANCE)
      }
    }
    await askUntil(run.id, () => heard.length > 0).finally(stops[0])
    must(heard.length > 0, `a listener hears nothing of ${2 * CHANCES} commands`, todo)
    must(
      heard.every((id) => id === run.id),
      'a listener hears of a run that nobody asked anything',
      todo,
    )
    const count = heard.length
    await other.command(run.id, 'cancel')
    await store.command(run.id, 'cancel')
    let told = false
    const stop = store.watch(() => (told = true))
    await askUntil(quiet.id, () => told).finally(stop)
    const stopAtOnce = store.watch((id) => after.push(id))
    const asking = store.command(quiet.id, 'run')
    stopAtOnce()
    after.splice(0) // it may have been told before it stopped
    await asking
    await turn()
    const silent = heard.length === count && after.length === 0
    must(silent, 'a listener is called although it has stopped watching', 'forget the listener when it says so')
  },
}
