import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Database, historyIn } from '@pipe/sql'
import { brokenFile, dataFile } from './arguments.ts'
import { openPipe } from './machinery.ts'
import { weather } from './pipeline.ts'
import { normalsFrom } from './weather/normals.ts'
import { type Mood, startUnreliableServer } from './weather/unreliable-server.ts'

/** What happens to a run: its id begins with it. */
type Fate = 'calm' | 'moody' | 'down' | 'broken' | 'cancelled' | 'killed'

/** How long the service may take to answer, milliseconds. */
const PATIENCE = 400

/**
 * Runs the pipeline six times: twice until it is done, and four times until something ends it. The last one is in a
 * process of its own, which is killed.
 *
 * @param location where `db` is, for that process
 * @returns the ids of the runs
 */
export async function runAll(db: Database, location: string): Promise<Readonly<Record<Fate, string>>> {
  const when = Date.now().toString(36)
  const ids = {
    calm: `calm-${when}`,
    moody: `moody-${when}`,
    down: `down-${when}`,
    broken: `broken-${when}`,
    cancelled: `cancelled-${when}`,
    killed: `killed-${when}`,
  }
  await using server = await startUnreliableServer(dataFile('seattle-weather-hourly-normals.csv'))
  await using pipe = openPipe(db, normalsFrom(server.url, PATIENCE))

  const start = (fate: Fate, mood: Mood, file = dataFile('seattle-weather.csv')) => {
    server.mood = mood
    return pipe.start(weather, { file }, { id: ids[fate], tags: { fate } })
  }
  await start('calm', 'answers').result
  await start('moody', 'moody').result
  await start('down', 'down').result
  await start('broken', 'answers', brokenFile).result

  const cancelled = start('cancelled', 'answers')
  for await (const event of cancelled) if (event.type === 'map:item') cancelled.cancel('nobody waits for it')
  await cancelled.result

  await runAndKill(db, location, ids.killed)
  return ids
}

/** Has another process begin the run, and kills it as soon as the history says that it hangs. */
async function runAndKill(db: Database, location: string, id: string): Promise<void> {
  const child = fork(fileURLToPath(new URL('./hang.ts', import.meta.url)), [location, id], { stdio: 'inherit' })
  const gone = once(child, 'exit')
  try {
    await hangs(db, id, child)
  } finally {
    child.kill('SIGKILL')
    await gone
  }
}

async function hangs(db: Database, id: string, child: ChildProcess): Promise<void> {
  const history = historyIn({ db })
  while (child.exitCode === null) {
    const { items } = await history.steps(id, { statuses: ['running'] })
    if (items.some(({ path }) => path === 'months[October]/normal')) return
    await sleep(20)
  }
  throw new Error(`The process that was to be killed ended by itself, with exit code ${child.exitCode}.`)
}
