import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { type Lab, openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'
import type { PipelineName } from '../src/pipelines.ts'

const ID = 'run-1'
/** Short, for a third of it passes until a process knows what it is asked. */
const LEASE = 1_000
const startsOf = (pipeline: PipelineName, ms: number) => [{ id: ID, pipeline, input: { ms } }]

/** The steps of the run that are in a phase, in their order. */
const steps = ({ ledger }: Lab, phase: 'begin' | 'done' | 'undone') =>
  ledger
    .effects(ID)
    .filter((effect) => effect.phase === phase)
    .map(({ step }) => step)

describe.for(backendNames)('on %s, what another process asks of a run', (backend) => {
  test.concurrent('to pause: begins nothing, until it is asked to go on', async () => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ starts: startsOf('failing', 3_000), leaseMs: LEASE })
    await lab.seen(ID, 'long', 'begin')
    expect(await lab.runs.pause(ID, 'lunch')).toMatchObject({ state: 'paused', reason: 'lunch' })
    await lab.seen(ID, 'long', 'done')
    await sleep(500)
    expect(steps(lab, 'begin')).toEqual(['a', 'long'])
    await lab.runs.resume(ID)
    expect(await worker.told('over')).toMatchObject({ status: 'failed' })
    expect(steps(lab, 'undone')).toEqual(
      steps(lab, 'done')
        .filter((step) => step !== 'last')
        .reverse(),
    )
  })

  test.concurrent('to pause: nobody takes it when its process dies', async () => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ starts: startsOf('thorough', 60_000), leaseMs: LEASE })
    await lab.seen(ID, 'long', 'begin')
    await lab.runs.pause(ID)
    worker.signal('SIGKILL')
    const heir = lab.worker({ recovers: true })
    await heir.told('ready')
    await sleep(2 * LEASE)
    expect(lab.ledger.effects(ID).filter(({ pid }) => pid === heir.pid)).toEqual([])
    await lab.runs.resume(ID)
    await lab.until(ID, ({ owner = '' }) => owner.includes(`:${heir.pid}:`))
    lab.leaveOpen(ID)
  })

  test.concurrent('to cancel: aborts what runs, undoes what was done, and it has ended', async () => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ starts: startsOf('failing', 60_000), leaseMs: LEASE })
    await lab.seen(ID, 'long', 'begin')
    await lab.runs.cancel(ID, 'too late')
    expect(await worker.told('over')).toMatchObject({ status: 'cancelled', code: 'CANCELLED' })
    expect(await lab.runs.get(ID)).toMatchObject({ state: 'cancelled', reason: 'too late' })
    expect([steps(lab, 'done'), steps(lab, 'undone')]).toEqual([['a'], ['a']])
  })

  test.concurrent('to cancel: whoever takes it undoes what its dead process did', async () => {
    await using lab = await openLab(backend)
    const worker = lab.worker({
      starts: startsOf('failing', 10),
      fault: { at: 'before body call/two', signal: 'SIGKILL' },
    })
    await worker.ended()
    await lab.runs.cancel(ID)
    const heir = lab.worker({ recovers: true })
    expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'cancelled' })
    await heir.close()
    expect(steps(lab, 'begin').filter((step) => step === 'call/two')).toHaveLength(1)
    expect(steps(lab, 'undone')).toEqual(['call/one', 'items[1]', 'items[0]', 'long', 'a'])
  })

  test.concurrent('to shut down: hands it back, and another goes on at once', async () => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ starts: startsOf('thorough', 3_000), leaseMs: 60_000 })
    await lab.seen(ID, 'long', 'begin')
    await worker.close()
    expect(await lab.store.get(ID)).toMatchObject({ status: 'waiting', crashes: 0 })
    const heir = lab.worker({ recovers: true })
    expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 0 })
    await heir.close()
  })

  test.concurrent.for(['before release', 'after release'])(
    'to shut down: another goes on when the process is killed %s',
    async (at) => {
      await using lab = await openLab(backend)
      const worker = lab.worker({ starts: startsOf('thorough', 3_000), fault: { at, signal: 'SIGKILL' } })
      await lab.seen(ID, 'long', 'begin')
      worker.shutDown()
      expect(await worker.ended()).toBe('SIGKILL')
      const heir = lab.worker({ recovers: true })
      const crashes = at === 'before release' ? 1 : 0
      expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes })
      await heir.close()
    },
  )
})
