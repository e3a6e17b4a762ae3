import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { type Lab, openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'
import { recordedIn } from '../src/recorded.ts'

const ID = 'run-1'
const HOUR = 3_600_000

describe.for(backendNames)('on %s, a process whose clock is wrong by an hour', (backend) => {
  test.concurrent.for([HOUR, -HOUR])('takes no run from the one that has it (%s ms)', async (aheadMs) => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ leaseMs: 5_000, starts: [{ id: ID, pipeline: 'thorough', input: { ms: 2_000 } }] })
    await lab.seen(ID, 'long', 'begin')
    const other = lab.worker({ recovers: true, aheadMs })
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    expect(await lab.store.get(ID)).toMatchObject({ crashes: 0 })
    await other.close()
    expect(lab.ledger.effects(ID).filter(({ pid }) => pid === other.pid)).toEqual([])
  })

  test.concurrent.for([
    [HOUR, -HOUR],
    [-HOUR, HOUR],
  ] as const)(
    'goes on where one was that is wrong the other way, back-off included (%s, %s ms)',
    async ([one, two]) => {
      await using lab = await openLab(backend)
      const starts = [{ id: ID, pipeline: 'thorough', input: { ms: 100 } }] as const
      await lab
        .worker({ aheadMs: one, starts, fault: { at: 'after commit w:flaky', nth: 2, signal: 'SIGKILL' } })
        .ended()
      const heir = lab.worker({ aheadMs: two, recovers: true })
      expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
      await heir.close()
      const attempts = lab.ledger.effects(ID).filter(({ step, phase }) => step === 'flaky' && phase === 'done')
      expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    },
  )
})

/** Clocks that are set: those of the workers alone, and that of the store with them. On SQLite it is the same one. */
const WHOSE = [
  ['of the processes', 'alone'],
  ['of the processes and the store', undefined],
] as const

describe.for(backendNames)('on %s, clocks that are set while processes run:', (backend) => {
  const whose = WHOSE.filter(([, alone]) => alone === undefined || backend !== 'sqlite')
  const starts = (ms: number) => [{ id: ID, pipeline: 'thorough', input: { ms } }] as const
  const done = (lab: Lab) =>
    lab.ledger.effects(ID).flatMap(({ phase, step, attempt }) => (phase === 'done' ? [`${step} #${attempt}`] : []))

  test.concurrent.for(whose)('back, once and again, those %s: whoever has a run keeps it', async ([, alone]) => {
    await using lab = await openLab(backend)
    const worker = lab.worker({ leaseMs: 3_000, starts: starts(6_000) })
    const other = lab.worker({ recovers: true })
    await lab.seen(ID, 'long', 'begin')
    for (let times = 0; times < 4; times++) {
      await lab.setClocks(-HOUR, alone)
      await sleep(1_000)
    }
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    expect(await lab.store.get(ID)).toMatchObject({ crashes: 0 })
    expect(lab.ledger.effects(ID).filter(({ pid }) => pid === other.pid)).toEqual([])
    expect(new Set(done(lab)).size).toBe(done(lab).length)
    await Promise.all([worker.close(), other.close()])
  })

  test.concurrent.for(whose)(
    'forwards, those %s: a run ends once, and nothing recorded is done again',
    async ([, alone]) => {
      await using lab = await openLab(backend)
      const worker = lab.worker({ leaseMs: 3_000, starts: starts(3_000) })
      const other = lab.worker({ recovers: true })
      await lab.seen(ID, 'long', 'begin')
      await lab.until(ID, ({ fence }) => fence > 0)
      const { entries } = await lab.readable(ID)
      const { steps } = recordedIn(entries)
      const before = lab.ledger.effects(ID).length
      for (let times = 0; times < 2; times++) {
        await lab.setClocks(HOUR, alone)
        await sleep(500)
      }
      expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded' })
      const { status, code } = await worker.told('over')
      expect([status, code]).toEqual(status === 'succeeded' ? ['succeeded', undefined] : ['cancelled', 'LEASE_LOST'])
      await Promise.all([worker.close(), other.close()])
      expect(steps.has('a')).toBe(true)
      const again = lab.ledger
        .effects(ID)
        .slice(before)
        .filter(({ phase }) => phase === 'begin')
      expect(again.filter(({ step }) => steps.has(step))).toEqual([])
      if (alone !== undefined) expect(await lab.store.get(ID)).toMatchObject({ crashes: 0 })
    },
  )

  test.concurrent.for(whose)('back, those %s, when a process has died: another goes on soon', async ([, alone]) => {
    await using lab = await openLab(backend)
    const fault = { at: 'after commit s:b', signal: 'SIGKILL' } as const
    await lab.worker({ starts: starts(100), fault }).ended()
    await lab.setClocks(-24 * HOUR, alone)
    const heir = lab.worker({ recovers: true })
    expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await heir.close()
    expect(new Set(done(lab)).size).toBe(done(lab).length)
  })

  test.concurrent.for(whose.flatMap(([who, alone]) => [HOUR, -HOUR].map((ms) => [ms, who, alone] as const)))(
    'by %s ms, those %s, while an attempt is waited for: it is made once, by whoever goes on',
    async ([ms, , alone]) => {
      await using lab = await openLab(backend)
      const fault = { at: 'after commit w:flaky', nth: 2, signal: 'SIGKILL' } as const
      await lab.worker({ starts: starts(100), fault }).ended()
      await lab.setClocks(ms, alone)
      const heir = lab.worker({ recovers: true })
      expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
      await heir.close()
      expect(done(lab).filter((one) => one.startsWith('flaky'))).toEqual(['flaky #1', 'flaky #2', 'flaky #3'])
    },
  )
})
