import type { Command, RunState, StoredRun } from '@pipe/state'
import { by, newRun, SHORT, taken } from './asking.ts'
import type { Stage } from './stage.ts'

/** What a run is doing at `now`, epoch ms of the store. */
export function stateOf({ status, command, leaseUntil }: StoredRun, now: number): RunState {
  const isOpen = status === 'running' || status === 'waiting' || status === 'blocked'
  if (isOpen && command === 'pause') return 'paused'
  if (isOpen && command === 'cancel') return 'cancelling'
  return status === 'running' && leaseUntil <= now ? 'stalled' : status
}

const COMMANDS: readonly Command[] = ['run', 'pause', 'cancel']

/** Makes a run of each status, and one whose lease has run out, for each thing that it can be asked to do. */
export async function everyState({ store, pass }: Stage, pipeline: string): Promise<void> {
  const made = async (command: Command, leaseMs?: number) => {
    const run = newRun({ pipeline })
    const fence = await taken(store, run, by('first', leaseMs === undefined ? {} : { leaseMs }))
    return { run, fence, ask: () => store.command(run.id, command) }
  }
  const lapsing = []
  for (const command of COMMANDS) {
    await (await made(command)).ask()
    for (const as of ['waiting', 'blocked'] as const) {
      const { run, fence, ask } = await made(command)
      await store.release(run.id, fence, as)
      await ask()
    }
    for (const as of ['succeeded', 'failed', 'cancelled'] as const) {
      const { run, fence, ask } = await made(command)
      await ask()
      await store.end(run.id, fence, as, `it has ${as}`)
    }
    lapsing.push({ dead: await made(command, SHORT), stalled: await made(command, SHORT) })
  }
  await pass(SHORT + 1)
  for (const { dead, stalled } of lapsing) {
    await store.acquire(dead.run, by('second', { maxCrashes: 0 }))
    await dead.ask()
    await stalled.ask()
  }
}
