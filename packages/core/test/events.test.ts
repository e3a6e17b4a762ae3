import { createPipe, pipeline, type PipeEvent, run, start } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const inner = pipeline('inner', (p) => p.step('leaf', { run: () => 'leaf' }))
const everything = pipeline('p', (p) => {
  const a = p.step('a', { run: () => 1 })
  const skipped = p.step('skipped', { needs: { a }, when: () => false, run: () => 1 })
  const call = p.call('call', inner, { after: [skipped], input: () => undefined })
  const map = p.map('map', {
    needs: { call },
    over: () => ['x', 'y'],
    key: (it) => it,
    concurrency: 1,
    run: (it) => it,
  })
  return p.step('end', { needs: { map }, run: () => Promise.reject<number>(new Error('boom')) })
})

const nameOf = (event: PipeEvent) => ('stepId' in event ? `${event.type} ${event.stepId}` : event.type)

describe('the events of a run', () => {
  test('come in this order', async () => {
    const names: string[] = []
    for await (const event of start(everything)) names.push(nameOf(event))
    expect(names).toEqual([
      'run:start',
      'step:start a',
      'step:end a',
      'step:end skipped',
      'step:start call',
      'step:start call/leaf',
      'step:end call/leaf',
      'step:end call',
      'step:start map',
      'map:item map[x]',
      'map:item map[y]',
      'step:end map',
      'step:start end',
      'step:end end',
      'run:end',
    ])
  })

  test('say what happened, where and when', async () => {
    const clock = new FakeClock()
    const events: PipeEvent[] = []
    const started = createPipe({ clock }).start(everything, undefined, { id: 'run-1', tags: { team: 'x' } })
    for await (const event of started) events.push(event)
    const of = (name: string) => events.find((event) => nameOf(event) === name)
    const base = { runId: 'run-1', pipeline: 'p', at: clock.now() }
    expect(of('run:start')).toEqual({
      type: 'run:start',
      ...base,
      version: undefined,
      input: undefined,
      tags: { team: 'x' },
    })
    expect(of('step:start a')).toEqual({ type: 'step:start', ...base, stepId: 'a', needs: { input: undefined } })
    expect(of('step:end a')).toEqual({
      type: 'step:end',
      ...base,
      stepId: 'a',
      status: 'succeeded',
      attempts: 1,
      durationMs: 0,
      output: 1,
    })
    expect(of('step:end skipped')).toMatchObject({ status: 'skipped', reason: 'condition', attempts: 0 })
    expect(of('step:end call/leaf')).toMatchObject({ pipeline: 'inner', status: 'succeeded' })
    expect(of('map:item map[y]')).toMatchObject({ mapId: 'map', key: 'y', index: 1, status: 'succeeded', output: 'y' })
    expect(of('step:end end')).toMatchObject({ status: 'failed', error: new Error('boom') })
    const { result } = await rejectionOf(started.output)
    expect(of('run:end')).toMatchObject({ ...base, status: 'failed', durationMs: 0, error: { code: 'STEP_FAILED' } })
    expect(of('run:end')).toHaveProperty('result', result)
  })

  test('tell of the end of every step once', async () => {
    const ends: string[] = []
    const started = start(everything)
    started.events.on('step:end', ({ stepId }) => ends.push(stepId))
    const { steps } = await started.result
    expect(ends.toSorted()).toEqual(
      Object.keys(steps)
        .filter((path) => !path.includes('['))
        .toSorted(),
    )
  })

  test('tell of steps that never start, too', async () => {
    const defined = pipeline('p', (p) => {
      const bad = p.step('bad', { run: () => Promise.reject(new Error('boom')) })
      const lost = p.step('lost', { needs: { bad }, run: () => 1 })
      const slow = p.step('slow', { run: turn })
      return { lost, never: p.step('never', { needs: { slow }, run: () => 1 }) }
    })
    const ends: unknown[] = []
    const started = start(defined)
    started.events.on('step:end', ({ stepId, status, reason, attempts }) =>
      ends.push([stepId, status, reason, attempts]),
    )
    await started.result
    expect(ends).toEqual([
      ['bad', 'failed', undefined, 1],
      ['lost', 'skipped', 'upstream-failed', 0],
      ['never', 'cancelled', 'run-failed', 0],
      ['slow', 'succeeded', undefined, 1],
    ])
  })

  test('tell of pauses and of undoing', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: () => Promise.reject(new Error('stuck')) })
      return p.step('bad', { needs: { a }, run: () => Promise.reject(new Error('boom')) })
    })
    const started = start(defined, undefined, { paused: true })
    const names: string[] = []
    const reader = (async () => {
      for await (const event of started) names.push(nameOf(event))
    })()
    const undone = vi.fn()
    started.events.on('step:undo', undone)
    await turn()
    started.resume()
    await Promise.resolve()
    await reader
    expect(names).toEqual([
      'run:start',
      'run:pause',
      'run:resume',
      'step:start a',
      'step:end a',
      'step:start bad',
      'step:end bad',
      'step:undo a',
      'run:end',
    ])
    expect(undone).toHaveBeenCalledWith(expect.objectContaining({ stepId: 'a', error: new Error('stuck') }))
  })

  test('of a run are its own; those of a pipe are of all its runs', async () => {
    const pipe = createPipe()
    const all = vi.fn()
    pipe.events.on('run:end', all)
    const [one, two] = [pipe.start(inner, undefined, { id: 'one' }), pipe.start(inner, undefined, { id: 'two' })]
    const own = vi.fn()
    one.events.on('run:end', own)
    await Promise.all([one.result, two.result])
    await pipe.run(inner, undefined, { id: 'three' })
    expect(own.mock.calls).toMatchObject([[{ runId: 'one' }]])
    expect(all.mock.calls).toMatchObject([[{ runId: 'one' }], [{ runId: 'two' }], [{ runId: 'three' }]])
  })

  test('are sent by `pipe.run`, too, when somebody observes', async () => {
    const pipe = createPipe()
    const ended = vi.fn()
    pipe.events.on('step:end', ended)
    await pipe.run(inner)
    expect(ended.mock.calls).toMatchObject([[{ stepId: 'leaf', status: 'succeeded', output: 'leaf' }]])
  })

  test('carry errors as they were thrown', async () => {
    const boom = new Error('boom')
    const pipe = createPipe()
    const seen: unknown[] = []
    pipe.events.on('step:end', ({ error }) => seen.push(error))
    await pipe.start(pipeline('p', (p) => p.step('a', { run: () => Promise.reject(boom) }))).result
    expect(seen[0]).toBe(boom)
  })
})

describe('the stream of a run', () => {
  test('is over when the run is, also for who begins late', async () => {
    const started = start(inner)
    await started.result
    const late: PipeEvent[] = []
    for await (const event of started) late.push(event)
    expect(late).toEqual([])
  })

  test('may be left early: it forgets its listeners', async () => {
    const started = start(inner)
    for await (const event of started) {
      expect(event.type).toBe('run:start')
      break
    }
    expect(started.events.eventNames()).toEqual([])
    expect(await started.output).toBe('leaf')
  })

  test('begins when it is asked for, not when it is first read', async () => {
    const started = start(inner)
    const stream = started[Symbol.asyncIterator]()
    await started.result
    const names: string[] = []
    for await (const event of stream) names.push(event.type)
    expect(names).toEqual(['run:start', 'step:start', 'step:end', 'run:end'])
  })

  test('that is never read leaves no listener behind', async () => {
    const started = start(inner)
    started[Symbol.asyncIterator]()
    expect(started.events.listenerCount('step:end')).toBe(1)
    await started.result
    await Promise.resolve()
    expect(started.events.eventNames()).toEqual([])
  })

  test('may be read by several', async () => {
    const started = start(inner)
    const read = async () => {
      const names: string[] = []
      for await (const event of started) names.push(event.type)
      return names
    }
    const [one, two] = await Promise.all([read(), read()])
    expect(one).toEqual(['run:start', 'step:start', 'step:end', 'run:end'])
    expect(two).toEqual(one)
  })

  test('waits for a slow reader', async () => {
    const names: string[] = []
    for await (const event of start(inner)) {
      await turn()
      names.push(event.type)
    }
    expect(names).toEqual(['run:start', 'step:start', 'step:end', 'run:end'])
  })
})

test('a run that nobody observes makes no events', async () => {
  const now = vi.fn(() => 0)
  const clock = Object.assign(new FakeClock(), { now })
  await createPipe({ clock }).run(inner)
  const calls = now.mock.calls.length
  now.mockClear()
  await run(inner)
  await createPipe({ clock }).run(pipeline('p', (p) => p.call('call', inner, { input: () => undefined })))
  expect(now).toHaveBeenCalledTimes(calls) // once for the run, however many steps there are
})
