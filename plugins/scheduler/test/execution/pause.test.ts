import { createPipe } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution } from '../../src/index.ts'
import { rejectionOf, thrownBy, turn, turns } from './support/outcomes.ts'
import { gated, patrolling } from './support/patrol.ts'

const endless = { mode: 'auto', stopOnTerminal: false } as const

describe('a pause', () => {
  test('is possible only while it runs (S5.11), its end only while it is paused (S5.12)', async () => {
    const execution = patrolling({ id: 'e1' })
    expect(thrownBy(() => execution.pause())).toMatchObject({
      code: 'EXECUTION_STATE',
      message: 'Execution e1 cannot be paused: it is idle, not running.',
    })
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.start(endless)
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.pause()
    expect(thrownBy(() => execution.pause())).toMatchObject({ code: 'EXECUTION_STATE' })
    await execution.stop()
    expect(thrownBy(() => execution.resume())).toMatchObject({ code: 'EXECUTION_STATE' })
    await execution.delete()
  })

  test('lets no tick begin from then on, and one that is going on end (S5.11)', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    expect(execution.pause()).toMatchObject({ state: 'paused', ticksExecuted: 1 })
    letGo()
    await execution.settled()
    expect(execution.status).toMatchObject({ state: 'paused', tickStatus: 'success' })
    await turns(5)
    expect(execution.status).toMatchObject({ ticksExecuted: 1, tick: 1 })
    await execution.delete()
  })

  test('ends with the counters kept (S5.12)', async () => {
    const execution = patrolling()
    execution.start({ ...endless, maxTicks: 1000 })
    await turns(2)
    const { ticksExecuted } = execution.pause()
    await turns(3)
    expect(execution.resume()).toMatchObject({ state: 'running', ticksExecuted })
    expect(await execution.done).toMatchObject({ ticksExecuted: 1000 })
    await execution.delete()
  })

  test('lets one tick by hand, which does not count as one of those that were started', async () => {
    const execution = patrolling()
    execution.start(endless)
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'EXECUTION_STATE' })
    execution.pause()
    await execution.settled()
    const { tick, ticksExecuted } = execution.status
    expect(await execution.tick()).toMatchObject({ tick: tick + 1 })
    expect(execution.status).toMatchObject({ state: 'paused', ticksExecuted, tick: tick + 1 })
    expect(execution.history.at(tick + 1)).toMatchObject({ mode: 'manual', isRunning: false })
    await execution.delete()
  })

  test('does not keep what was started from coming to its own end', async () => {
    const { definition, letGo } = gated()
    const execution = createExecution(createPipe(), definition)
    execution.start({ mode: 'auto' })
    await expect.poll(() => execution.status.tick).toBe(1)
    await turn()
    execution.pause()
    letGo()
    expect(await execution.done).toMatchObject({ state: 'stopped', tickStatus: 'success' })
    await execution.delete()
  })
})
