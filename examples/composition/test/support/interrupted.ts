import { type Hooks, hookNames, PipelineError } from '@pipe/core'
import type { PluginName } from './every-plugin.ts'
import { instruments } from './instruments.ts'
import type { Scenario } from './scenario.ts'
import { make, type Seen, start, type Watched } from './witness.ts'
import { newWorld, type World } from './world.ts'

/** How a process stops going on with a run, and when. */
export interface Interruption {
  /** With which event: the first with that name, or the one with that number, counted from 1. */
  readonly event: number | keyof Hooks
  readonly by: keyof typeof ways
  /** How long nobody has the run then, ms. */
  readonly rest: number
}

const ways = {
  /** The pipe is closed and waits for nobody. */
  closing: ({ pipe }: Watched) => void pipe.close({ grace: 0 }),
  /** The run is told at once, while its observers are. */
  'a shutdown': ({ run }: Watched) => run.cancel(new PipelineError('SHUTDOWN', 'The machine goes down.')),
  /** The same, by somebody who says that another process has the run. */
  'a loss': ({ run }: Watched) => run.cancel(new PipelineError('LEASE_LOST', 'Another process has the run.')),
  /** The store forgets who has the run. The process finds out when it records something, or renews its lease. */
  theft: (_: Watched, { store }: World) =>
    store.get('run-1').then((run) => run && store.release(run.id, run.fence, 'waiting')),
}

export const waysToInterrupt = Object.keys(ways) as readonly Interruption['by'][]

/** A run in one process after another, on one store. */
export interface Story {
  /** What was seen in each process; the last one is not interrupted. */
  readonly chapters: readonly Seen[]
  /** What somebody sees who asks for the run again when it has ended. */
  readonly afterwards: Seen
}

/**
 * Runs a scenario, without its act, in one process after another, each with all plugins in this order: as many as it is
 * interrupted, and one more. A process that is not interrupted in time ends the run.
 */
export async function story(
  names: readonly PluginName[],
  scenario: Scenario,
  interruptions: readonly Interruption[],
  world = newWorld(),
): Promise<Story> {
  const chapters: Seen[] = []
  for (const interruption of [...interruptions, undefined]) {
    const seen = await chapter(names, scenario, world, interruption)
    chapters.push(seen)
    if (hasEnded(seen)) break
    await world.clock.advance(interruption?.rest ?? 0)
  }
  await world.clock.advance('1h') // whoever did not listen returns
  return { chapters, afterwards: await chapter(names, scenario, world) }
}

async function chapter(
  names: readonly PluginName[],
  scenario: Scenario,
  world: World,
  interruption?: Interruption,
): Promise<Seen> {
  const { clock } = world
  const their = instruments(world)
  const process = start(make(names, their), their, scenario)
  if (interruption !== undefined) interrupt(process, world, interruption)
  for (let idle = 0; process.run.status === 'running' && idle < 10;) {
    if ((await clock.advanceToNext()) === undefined) idle++
  }
  return process.end()
}

function interrupt(process: Watched, world: World, { event, by }: Interruption): void {
  let events = 0
  let isDone = false
  for (const name of hookNames) {
    process.pipe.events.on(name, () => {
      events++
      if (isDone || (event !== name && event !== events)) return
      isDone = true
      void ways[by](process, world)
    })
  }
}

const hasEnded = ({ stored }: Seen) => ['succeeded', 'failed', 'cancelled'].includes(stored.status ?? '')
