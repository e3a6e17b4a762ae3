import { createPipe, type PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { createExecution, type ExecutionEvent, type ExecutionStateEvent } from '../../src/index.ts'
import { turn } from './support/outcomes.ts'
import { patrol, patrolling } from './support/patrol.ts'

const stateEvents = [
  'execution:start',
  'execution:pause',
  'execution:resume',
  'execution:stop',
  'execution:complete',
  'execution:error',
] as const
const names = [...stateEvents, 'tick:start', 'tick:end', 'blackboard:change'] as const

describe('the events of an execution', () => {
  test('tell what it does, in order (S5.26, S5.35)', async () => {
    const execution = patrolling({ id: 'e1' })
    const told: unknown[] = []
    for (const name of names) execution.events.on(name, (event: ExecutionEvent) => told.push([name, event]))
    execution.start({ mode: 'auto' })
    await execution.done
    const common = { executionId: 'e1', pipeline: 'patrol', at: expect.any(Number) as number }
    const changed = { ...common, key: 'position', value: 1, previous: 0 }
    expect(told).toMatchObject([
      ['execution:start', { ...common, status: { state: 'running', ticksExecuted: 0 } }],
      ['tick:start', { ...common, tick: 1, pass: 1 }],
      ['blackboard:change', { ...changed, tick: 1 }],
      ['tick:end', { ...common, tick: 1, pass: 1, status: 'running' }],
      ['tick:start', { ...common, tick: 2, pass: 1 }],
      ['blackboard:change', { ...common, tick: 2, key: 'battery', value: 95, previous: 100 }],
      ['tick:end', { ...common, tick: 2, pass: 1, status: 'success', output: 95 }],
      ['execution:complete', { ...common, reason: 'terminal', status: { state: 'stopped', ticksExecuted: 2 } }],
    ])
    await execution.delete()
  })

  test('tell of pauses, of a stop, and of an end by the number of ticks', async () => {
    const execution = patrolling()
    const told: string[] = []
    const states = () => told.splice(0)
    for (const name of stateEvents)
      execution.events.on(name, ({ status }: ExecutionStateEvent) => told.push(`${name} ${status.state}`))
    execution.start({ mode: 'auto', stopOnTerminal: false })
    execution.pause()
    execution.resume()
    await execution.stop()
    await execution.stop()
    expect(states()).toEqual([
      'execution:start running',
      'execution:pause paused',
      'execution:resume running',
      'execution:stop stopped',
    ])
    execution.events.once('execution:complete', ({ reason }) => expect(reason).toBe('max-ticks'))
    execution.start({ mode: 'auto', maxTicks: 1 })
    await execution.done
    expect(states()).toEqual(['execution:start running', 'execution:complete stopped'])
    await execution.delete()
  })

  test('of ticks are pairs with increasing numbers, also across starts (S5.26)', async () => {
    const execution = patrolling()
    const told: string[] = []
    execution.events.on('tick:start', ({ tick }) => told.push(`start ${tick}`))
    execution.events.on('tick:end', ({ tick }) => told.push(`end ${tick}`))
    for (let i = 0; i < 5; i++) {
      execution.start({ mode: 'auto', stopOnTerminal: false })
      await turn()
      await execution.stop()
      await execution.tick(3)
    }
    const pairs = Array.from({ length: execution.status.tick }, (_, i) => [`start ${i + 1}`, `end ${i + 1}`])
    expect(told).toEqual(pairs.flat())
    await execution.delete()
  })

  test('are heard by the pipe too, after its own listeners', async () => {
    const pipe = createPipe()
    const told: string[] = []
    const heard = (who: string) => (event: { readonly executionId: string }) => told.push(`${who} ${event.executionId}`)
    pipe.events.on('tick:end', heard('pipe'))
    pipe.events.on('blackboard:change', heard('change'))
    const executions = ['a', 'b'].map((id) =>
      createExecution(pipe, patrol, undefined, { id, blackboard: { battery: 9, position: 0 } }),
    )
    executions[0]?.events.on('tick:end', heard('own'))
    for (const execution of executions) await execution.tick()
    expect(told).toEqual(['change a', 'own a', 'pipe a', 'change b', 'pipe b'])
    for (const execution of executions) await execution.delete()
    expect(pipe.events.listenerCount('tick:end')).toBe(1)
  })

  test('change nothing when a listener throws or rejects: that is reported', async () => {
    const errors: PipelineError[] = []
    const execution = patrolling({ onError: (error) => errors.push(error) })
    for (const name of names)
      execution.events.on(name, () => {
        throw new Error(name)
      })
    const later: () => unknown = () => Promise.reject(new Error('later'))
    execution.events.on('tick:end', later)
    execution.start({ mode: 'auto' })
    expect(await execution.done).toMatchObject({ state: 'stopped', tickStatus: 'success', ticksExecuted: 2 })
    expect(errors.every(({ code }) => code === 'OBSERVER_FAILED')).toBe(true)
    expect(errors.map(({ cause }) => (cause as Error).message).sort()).toEqual(
      ['blackboard:change', 'tick:end', 'tick:start', 'later']
        .flatMap((name) => [name, name])
        .concat('execution:complete', 'execution:start')
        .sort(),
    )
    await execution.delete()
  })

  test('change nothing either when what they are reported to throws', async () => {
    const onError = () => {
      throw new Error('again')
    }
    const execution = patrolling({ onError })
    execution.events.on('tick:start', onError)
    expect(await execution.tick()).toMatchObject({ status: 'running' })
    await execution.delete()
  })

  test('are heard as often as was asked for, whoever else was added', async () => {
    const execution = patrolling()
    const heard: number[] = []
    const hear = ({ tick }: { readonly tick: number }) => heard.push(tick)
    execution.events.once('tick:end', hear).on('tick:end', hear)
    await execution.tick(3)
    expect(heard).toEqual([1, 1, 2, 3])
    await execution.delete()
  })

  test('are heard once by who wants to hear them once, also when another one happens before it was told', async () => {
    const execution = patrolling()
    const heard: unknown[] = []
    execution.events.on('blackboard:change', ({ key }) => {
      if (key === 'position') execution.blackboard.set('battery', 7)
    })
    execution.events.once('blackboard:change', ({ key }) => heard.push(key))
    execution.blackboard.set('position', 1)
    expect(heard).toEqual(['battery'])
    await execution.delete()
  })

  test('may lead to anything: an execution that a listener pauses, ticks, resumes and stops', async () => {
    const execution = patrolling()
    execution.events.once('tick:end', () => {
      execution.pause()
      void execution.tick().then(() => execution.resume())
    })
    execution.events.on('tick:end', ({ tick }) => {
      if (tick === 9) void execution.stop()
    })
    execution.start({ mode: 'auto', stopOnTerminal: false })
    expect(await execution.done).toMatchObject({ state: 'stopped', tick: 9, ticksExecuted: 8 })
    await execution.delete()
  })
})
