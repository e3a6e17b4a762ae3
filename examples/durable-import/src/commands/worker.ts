import { once } from 'node:events'
import { exitCodes, type PipeEvent } from '@pipe/core'
import { recover } from '@pipe/state'
import type { Settings } from '../arguments.ts'
import { eventLine } from '../event-line.ts'
import { GRACE, openMachinery } from '../machinery.ts'
import { importPlaces } from '../pipeline.ts'
import { onStop } from '../stop.ts'

const { stdout, stderr } = process

/** Goes on with imports that nobody has, until the process is told to stop: that is no failure. Answers with the exit code. */
export async function work(settings: Settings): Promise<number> {
  await using machinery = await openMachinery(settings)
  const { store, pipe } = machinery
  const tell = (event: PipeEvent, line: string) => stdout.write(settings.json ? eventLine(event) : `${line}\n`)
  pipe.events.on('run:start', (event) => tell({ type: 'run:start', ...event }, `${event.runId} taken`))
  pipe.events.on('run:end', (event) => tell({ type: 'run:end', ...event }, `${event.runId} ${event.status}`))

  await using recovery = recover(pipe, { store, pipelines: [importPlaces], every: '1s' })
  using stop = onStop(() => stderr.write('Handing back what there is.\n'))
  stderr.write('Looking for imports that nobody has. Ctrl-C ends it.\n')
  await once(stop.signal, 'abort')
  await recovery.stop()
  await pipe.close({ grace: GRACE })
  return exitCodes.ok
}
