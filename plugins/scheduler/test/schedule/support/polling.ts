import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPipe, pipeline, type } from '@pipe/core'
import { createScheduler, type Scheduler } from '@pipe/scheduler'
import { durable, type StateStore } from '@pipe/state'
import type { StoreName } from './stores.ts'

/** What processes share: plain data, for them to be told. */
export interface Shared {
  readonly store: StoreName
  readonly at: string
  /** Where each run writes a line: its id, what its first step returns, and how late it is, ms. */
  readonly file: string
  /** When the last slot may be, epoch ms; absent: there is no end. */
  readonly until?: number
}

/** How often it fires, ms. */
export const EVERY = 500

/** How long a run takes, ms. */
const WORK = 200

/** A pipe and a scheduler, not started, whose schedule `poll` fires twice a second. */
export function polling(store: StateStore, { file, until }: Shared, onError: (error: unknown) => void) {
  const pipe = createPipe({ plugins: [durable({ store, lease: '3s' })] })
  const scheduler: Scheduler = createScheduler(pipe, { store, onError })
  const poll = pipeline('poll', { input: type<number>() }, (p) => {
    const write = p.step('write', {
      run: ({ input }, { runId }) => {
        const token = randomUUID()
        appendFileSync(file, `${runId} ${token} ${Date.now() - input}\n`)
        return token
      },
    })
    return p.step('end', { needs: { write }, run: ({ write }) => sleep(WORK, write) })
  })
  const timing = { every: EVERY, misfire: 'all', overlap: 'buffer-all', ...(until !== undefined && { until }) } as const
  scheduler.add('poll', poll, { ...timing, input: ({ slot }) => slot })
  return { pipe, scheduler }
}
