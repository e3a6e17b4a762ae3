import { join } from 'node:path'
import { createPipe } from '@pipe/core'
import { progress } from '@pipe/progress'
import { retry } from '@pipe/retry'
import { durable } from '@pipe/state'
import { airportsFrom } from './airports/airports.ts'
import { startUnreliableServer } from './airports/unreliable-server.ts'
import { dataFile, type Settings } from './arguments.ts'
import { paceOf } from './pace.ts'
import { openPlaces } from './places/database.ts'
import { openStore } from './store.ts'

/** How long a run may go on after Ctrl-C, for batches that are almost done. */
export const GRACE = '500ms'

/** Opens what imports are run with: the pipe, and what it stands on. Disposing it closes all of it, the pipe first. */
export async function openMachinery({ folder, slow, leaseMs }: Settings) {
  await using opening = new AsyncDisposableStack()
  const { store } = opening.use(await openStore(folder))
  const places = opening.use(openPlaces(join(folder, 'places.db')))
  const server = opening.use(await startUnreliableServer(dataFile('airports.csv')))
  const pipe = opening.use(
    createPipe({
      plugins: [durable({ store, lease: leaseMs }), retry(), progress()],
      services: { places, airports: airportsFrom(server.url, 600), pace: paceOf(slow) },
    }),
  )
  const opened = opening.move()
  return { store, pipe, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
