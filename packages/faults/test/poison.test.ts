import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { backendNames } from '../src/backends.ts'
import { openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'

const ID = 'run-1'
const MAX_CRASHES = 2

describe.for(backendNames)('on %s', (backend) => {
  test.concurrent(
    'a run that ends every process that has it is dead after so many, and goes on when revived',
    async () => {
      await using lab = await openLab(backend)
      const fault = { at: 'before body b', signal: 'SIGKILL' } as const
      const starts = [{ id: ID, pipeline: 'thorough', input: { ms: 10 } }] as const
      const begins = () => lab.ledger.effects(ID).filter(({ step, phase }) => step === 'b' && phase === 'begin').length
      await lab.worker({ starts, maxCrashes: MAX_CRASHES, fault }).ended()
      for (let crash = 1; crash <= MAX_CRASHES; crash++)
        await lab.worker({ recovers: true, maxCrashes: MAX_CRASHES, fault }).ended()
      expect(begins()).toBe(1 + MAX_CRASHES)

      const careful = lab.worker({ recovers: true, maxCrashes: MAX_CRASHES })
      expect(await lab.until(ID, ({ status }) => status === 'dead')).toMatchObject({ crashes: MAX_CRASHES + 1 })
      await sleep(500)
      expect(begins()).toBe(1 + MAX_CRASHES)
      expect(await lab.runs.get(ID)).toMatchObject({ state: 'dead' })

      expect(await lab.runs.revive(ID)).toMatchObject({ state: 'waiting', crashes: 0 })
      expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded' })
      expect(begins()).toBe(2 + MAX_CRASHES)
      await careful.close()
    },
  )
})
