import { describe, expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'

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
