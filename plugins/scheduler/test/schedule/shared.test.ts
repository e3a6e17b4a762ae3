import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPipe, pipeline, type } from '@pipe/core'
import { createScheduler } from '@pipe/scheduler'
import { durable, memoryStore, runsIn, sqliteStore, type StateStore } from '@pipe/state'
import { fakeClock } from '@pipe/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START } from './support.ts'

const at = (ms: number) => new Date(START + ms).toISOString()

/** Processes that share a store, as far as one process can have several. */
async function sharing(clock = fakeClock(), store: StateStore = memoryStore({ clock })) {
  await store.open()
  const begun: string[] = []
  const errors: unknown[] = []
  const ends: (() => void)[] = []
  let holds = false
  const job = pipeline('job', { input: type<number>() }, (p) =>
    p.step('a', {
      run: async ({ input }, { runId, signal }) => {
        begun.push(`${runId} ${input - START}`)
        if (!holds) return input
        await new Promise<void>((resolve, reject) => {
          ends.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
        return input
      },
    }),
  )
  const startProcess = async (timing: { every: '1m' | '1h' } = { every: '1m' }) => {
    const pipe = createPipe({ clock, plugins: [durable({ store, lease: '10s' })] })
    const scheduler = createScheduler(pipe, { store, clock, onError: (error) => errors.push(error) })
    scheduler.add('poll', job, { ...timing, input: ({ slot }) => slot, misfire: 'all', overlap: 'buffer-all' })
    await scheduler.start()
    return { pipe, scheduler }
  }
  return { clock, store, begun, errors, ends, job, startProcess, hold: (does = true) => (holds = does) }
}
const runsOf = (...minutes: number[]) => minutes.map((one) => `poll@${at(one * MINUTE)} ${one * MINUTE}`)

describe('of several processes', () => {
  test('one fires each slot', async () => {
    const { clock, begun, errors, startProcess } = await sharing()
    const processes = await Promise.all([startProcess(), startProcess(), startProcess()])
    expect(processes.filter(({ scheduler }) => scheduler.leads)).toHaveLength(1)
    await clock.advance(3 * MINUTE)
    expect(begun).toEqual(runsOf(1, 2, 3))
    expect(errors).toEqual([])
    await Promise.all(processes.map(({ scheduler }) => scheduler.stop()))
    expect(clock.timers).toBe(0)
  })
})
