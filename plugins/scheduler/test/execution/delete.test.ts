import { createPipe } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution } from '../../src/index.ts'
import { rejectionOf, thrownBy, turn } from './support/outcomes.ts'
import { gated, patrolling } from './support/patrol.ts'

const endless = { mode: 'auto', stopOnTerminal: false } as const

describe('deleting', () => {
  test('stops it and lets go of listeners, history and runs (S5.18)', async () => {
    const pipe = createPipe()
    const { definition } = gated()
    const execution = createExecution(pipe, definition)
    const told: string[] = []
    execution.events.on('tick:end', () => told.push('tick:end')).on('execution:stop', () => told.push('stop'))
    execution.events.on('blackboard:change', () => told.push('change'))
    execution.start(endless)
    await expect.poll(() => execution.status.tick).toBe(1)
    const deleted = execution.delete()
    expect(execution.delete()).toBe(deleted)
    await deleted
    expect(told.sort()).toEqual(['stop', 'tick:end'])
    execution.blackboard.set('left' as never, 1 as never)
    expect(told).toHaveLength(2)
    expect(execution.status.state).toBe('stopped')
    expect(execution.history.all()).toEqual([])
    expect(execution.history.length).toBe(0)
    await pipe.close()
  })

  test('is for ever, and may be repeated', async () => {
    const execution = patrolling({ id: 'e1' })
    await execution.tick()
    await execution.delete()
    await execution.delete()
    await execution.stop()
    const message = 'Execution e1 cannot be started: it is deleted.'
    expect(thrownBy(() => execution.start(endless))).toMatchObject({ code: 'EXECUTION_STATE', message })
    expect(await rejectionOf(execution.tick())).toMatchObject({ code: 'EXECUTION_STATE' })
    expect(execution.status).toMatchObject({ state: 'idle', tick: 1 })
  })

  test('happens by itself at the end of a block', async () => {
    const pipe = createPipe()
    {
      await using execution = createExecution(pipe, gated().definition)
      execution.start(endless)
      await turn()
    }
    await pipe.close()
  })
})
