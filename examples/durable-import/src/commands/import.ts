import { join } from 'node:path'
import { exitCodeOf, exitCodes } from '@pipe/core'
import { runsIn } from '@pipe/state'
import type { Settings } from '../arguments.ts'
import { eventLine } from '../event-line.ts'
import { GRACE, openMachinery } from '../machinery.ts'
import { importPlaces } from '../pipeline.ts'
import { onStop } from '../stop.ts'
import { waitForRun } from './wait-for-run.ts'

const { stdout, stderr } = process

/** Imports a file, or goes on with it where it stopped. Answers with the exit code. */
export async function importFile(id: string, file: string, settings: Settings): Promise<number> {
  await using machinery = await openMachinery(settings)
  const { store, pipe } = machinery
  using stop = onStop(() => void pipe.close({ grace: GRACE }))

  await waitForRun(runsIn(store), id, stop.signal, ({ owner }) =>
    stderr.write(`${owner} has "${id}". Waiting until it is done, or its lease has run out.\n`),
  ).catch((error: unknown) => {
    if (stop.exitCode() === undefined) throw error
  })
  const early = stop.exitCode()
  if (early !== undefined) return early

  const report = join(settings.folder, `${id.replaceAll('/', '-')}.json`)
  const run = pipe.start(importPlaces, { file, report }, { id })
  if (settings.json) for await (const event of run) stdout.write(eventLine(event))
  const result = await run.result

  const { resumed = false, restored = 0, recorded = 0 } = result.reports?.durable ?? {}
  if (resumed) stderr.write(`"${id}" went on where it had stopped: ${restored} steps restored, ${recorded} recorded.\n`)
  if (result.status === 'succeeded') {
    const { imported, rejected, states } = result.output.report
    const summary = `${imported} places in ${states.length} states imported, ${rejected} rows rejected.`
    if (!settings.json) stdout.write(`${summary}\n${result.output.file}\n`)
    return exitCodes.ok
  }
  const handedBack = result.error.code === 'SHUTDOWN'
  stderr.write(
    handedBack
      ? `"${id}" was handed back. Go on with it: npm start -- import --id ${id}\n`
      : `${result.error.message}\n`,
  )
  return stop.exitCode() ?? exitCodeOf(result)
}
