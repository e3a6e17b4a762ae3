import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'

const ID = 'run-1'
const LEASE = 1_000

/** Where a process stands still for longer than its lease, and wakes up believing that it has the run. */
const POINTS = [
  ['thorough', 'before body b'],
  ['thorough', 'after body b'],
  ['thorough', 'before commit s:b'],
  ['thorough', 'after commit s:b'],
  ['thorough', 'before commit w:flaky'],
  ['thorough', 'before renew'],
  ['thorough', 'before end'],
  ['failing', 'before commit e:-'],
  ['failing', 'before undo call/one'],
  ['failing', 'after undo call/one'],
  ['failing', 'before commit u:call/one'],
  ['failing', 'before end'],
] as const

describe.for(backendNames)('on %s, a process that was stopped for longer than its lease', (backend) => {
  test.concurrent.for(POINTS)('in a run that is %s, %s, records nothing', async ([pipeline, at]) => {
    await using lab = await openLab(backend)
    const starts = [{ id: ID, pipeline, input: { ms: 800 } }]
    const zombie = lab.worker({ leaseMs: LEASE, starts, fault: { at, signal: 'SIGSTOP' } })
    await lab.reached(at)
    const heir = lab.worker({ recovers: true })
    await lab.until(ID, hasEnded)
    await heir.close()
    const before = await lab.readable(ID)
    const effects = lab.ledger.effects(ID).length

    zombie.signal('SIGCONT')
    expect(await zombie.told('over')).toMatchObject({ code: 'LEASE_LOST' })
    await zombie.close()
    expect(await lab.readable(ID)).toEqual(before)
    // What it was in the middle of it does to its end, with a fence that the world has seen a greater one than; no more.
    const late = lab.ledger.effects(ID).slice(effects)
    expect(late.filter(({ phase, attempt }) => phase === 'undoing' || (phase === 'begin' && attempt === 1))).toEqual([])
  })

  test.concurrent('takes nothing from the one that goes on meanwhile', async () => {
    await using lab = await openLab(backend)
    const starts = [{ id: ID, pipeline: 'thorough', input: { ms: 3_000 } }] as const
    const zombie = lab.worker({ leaseMs: LEASE, starts, fault: { at: 'after commit s:b', signal: 'SIGSTOP' } })
    await lab.reached('after commit s:b')
    const heir = lab.worker({ recovers: true })
    const { fence } = (await lab.store.get(ID))!
    await lab.until(ID, (run) => run.fence > fence)
    zombie.signal('SIGCONT')
    expect(await zombie.told('over')).toMatchObject({ code: 'LEASE_LOST' })
    await sleep(LEASE)
    expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await heir.close()
    await zombie.close()
    const late = lab.ledger.effects(ID).filter(({ pid, phase, at }, index, all) => {
      const takenOver = all.findIndex((effect) => effect.pid === heir.pid)
      return pid === zombie.pid && phase === 'begin' && index > takenOver && at > all[takenOver]!.at + LEASE
    })
    expect(late).toEqual([])
  })
})
