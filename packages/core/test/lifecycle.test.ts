import { createPipe, pipeline, type Plugin, type PluginHost } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const works = pipeline('p', (p) => p.step('a', { run: () => 1 }))
const logging = (log: string[], name: string): Plugin => ({
  name,
  setup: async () => {
    await turn()
    log.push(`setup ${name}`)
  },
  close: async () => {
    await turn()
    log.push(`close ${name}`)
  },
})

describe('plugins are set up', () => {
  test('in the order of the list, one after another, before the first run, and once', async () => {
    const log: string[] = []
    const pipe = createPipe({ plugins: [logging(log, 'a'), logging(log, 'b')] })
    await turn()
    expect(log).toEqual([])
    const noted = pipeline('p', (p) => p.step('a', { run: () => void log.push('run') }))
    await Promise.all([pipe.run(noted), pipe.start(noted).result])
    await pipe.run(noted)
    expect(log).toEqual(['setup a', 'setup b', 'run', 'run', 'run'])
  })

  test('with the clock, random numbers, events, services and a way to report', async () => {
    const [clock, random, services, onError] = [new FakeClock(), () => 0.5, { db: 1 }, vi.fn()]
    let host: PluginHost | undefined
    const plugin: Plugin = { name: 'a', setup: (given) => void (host = given) }
    const pipe = createPipe({ plugins: [plugin], clock, random, services, onError })
    await pipe.run(works)
    expect(host).toMatchObject({ clock, random, services })
    expect(host?.events).toBe(pipe.events)
    host?.report(new Error('flush failed'))
    expect(onError).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'OBSERVER_FAILED', cause: new Error('flush failed') }),
    )
  })

  test('again by the next run when that failed; those that are ready are not', async () => {
    const log: string[] = []
    const boom = new Error('no connection')
    const setup = vi.fn().mockRejectedValueOnce(boom).mockResolvedValue(undefined)
    const pipe = createPipe({ plugins: [logging(log, 'a'), { name: 'b', setup }, logging(log, 'c')] })
    const error = await rejectionOf(pipe.run(works))
    expect(error).toMatchObject({ code: 'PLUGIN_SETUP_FAILED', plugin: 'b', cause: boom })
    expect(error.message).toContain('"b" could not be set up: no connection')
    expect(await pipe.run(works)).toBe(1)
    expect(log).toEqual(['setup a', 'setup c'])
    expect(setup).toHaveBeenCalledTimes(2)
  })

  test('or else the run does not begin: its steps are there as not started', async () => {
    const pipe = createPipe({ plugins: [{ name: 'a', setup: () => Promise.reject(new Error('no')) }] })
    expect(await pipe.start(works).result).toMatchObject({
      status: 'failed',
      error: { code: 'PLUGIN_SETUP_FAILED' },
      steps: { a: { status: 'cancelled', reason: 'not-started', attempts: 0 } },
    })
  })

  test('or else it is told as a run that began and ended', async () => {
    const names: string[] = []
    const pipe = createPipe({ plugins: [{ name: 'a', setup: () => Promise.reject(new Error('no')) }] })
    for await (const { type } of pipe.start(pipeline('p', (p) => p.step('a', { run: () => 1 })))) names.push(type)
    expect(names).toEqual(['run:start', 'run:end'])
  })

  test('and may then observe the run that waits for them', async () => {
    const ended = vi.fn()
    const plugin: Plugin = { name: 'a', setup: ({ events }) => void events.on('step:end', ended) }
    await createPipe({ plugins: [plugin] }).run(works)
    expect(ended).toHaveBeenCalledTimes(1)
  })

  test('while a run that is cancelled meanwhile starts nothing', async () => {
    const work = vi.fn()
    const pipe = createPipe({ plugins: [logging([], 'a')] })
    const started = pipe.start(pipeline('p', (p) => p.step('a', { run: () => void work() })))
    started.cancel()
    expect((await started.result).status).toBe('cancelled')
    expect(work).not.toHaveBeenCalled()
  })
})

describe('a pipe that is closed', () => {
  test('closes its plugins in reverse order, one after another', async () => {
    const log: string[] = []
    const pipe = createPipe({ plugins: [logging(log, 'a'), { name: 'none' }, logging(log, 'b')] })
    await pipe.run(works)
    await pipe.close()
    expect(log).toEqual(['setup a', 'setup b', 'close b', 'close a'])
  })

  test('closes only plugins that were set up', async () => {
    const log: string[] = []
    const failing = { ...logging(log, 'b'), setup: () => Promise.reject(new Error('no')) }
    const pipe = createPipe({ plugins: [logging(log, 'a'), failing, logging(log, 'c')] })
    await rejectionOf(pipe.run(works))
    await pipe.close()
    expect(log).toEqual(['setup a', 'close a'])
    const unused = createPipe({ plugins: [logging(log, 'unused')] })
    await unused.close()
    expect(log).toHaveLength(2)
  })

  test('closes all of them when some fail, and rejects with their errors', async () => {
    const log: string[] = []
    const failing = (name: string): Plugin => ({ name, close: () => Promise.reject(new Error(`${name} hangs`)) })
    const pipe = createPipe({ plugins: [failing('a'), logging(log, 'b'), failing('c')] })
    await pipe.run(works)
    const error: unknown = await pipe.close().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({
      message: '2 plugin(s) could not be closed: c hangs; a hangs',
      errors: [new Error('c hangs'), new Error('a hangs')],
    })
    expect(log).toEqual(['setup b', 'close b'])
  })

  test('may be closed again: nothing happens twice', async () => {
    const log: string[] = []
    const pipe = createPipe({ plugins: [logging(log, 'a')] })
    await pipe.run(works)
    await Promise.all([pipe.close(), pipe.close()])
    await pipe.close()
    expect(log).toEqual(['setup a', 'close a'])
  })

  test('waits for the runs there are, and for a set-up', async () => {
    const log: string[] = []
    const pipe = createPipe({ plugins: [logging(log, 'a')] })
    const slow = pipeline('p', (p) => p.step('a', { run: () => turn().then(() => void log.push('ran')) }))
    const started = pipe.start(slow)
    await pipe.close()
    expect(log).toEqual(['setup a', 'ran', 'close a'])
    expect((await started.result).status).toBe('succeeded')
  })

  test('stops the runs that are left when the grace is over, and waits until they have ended', async () => {
    const clock = new FakeClock()
    const log: string[] = []
    const pipe = createPipe({ plugins: [logging(log, 'a')], clock })
    const slow = pipeline('p', (p) => {
      const one = p.step('one', { run: () => 1, undo: () => void log.push('undo one') })
      return p.step('two', {
        needs: { one },
        run: (_, { signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      })
    })
    const started = pipe.start(slow)
    await vi.waitFor(() => expect(log).toEqual(['setup a']))
    const closed = pipe.close({ grace: '10s' })
    await clock.advance(9_999)
    await turn()
    expect(started.status).toBe('running')
    await clock.advance(1)
    await closed
    expect(await started.result).toMatchObject({ status: 'cancelled', error: { code: 'SHUTDOWN' } })
    expect(log).toEqual(['setup a', 'undo one', 'close a'])
  })

  test('may be closed again with a grace, when the runs take too long', async () => {
    const pipe = createPipe()
    const hangs = pipeline('p', (p) => p.step('a', { run: () => new Promise(() => undefined) }))
    const started = pipe.start(hangs, undefined, { grace: 0 })
    await turn()
    const closed = pipe.close()
    await pipe.close({ grace: 0 })
    await closed
    expect(await started.result).toMatchObject({ status: 'cancelled', steps: { a: { stillRunning: true } } })
  })

  test('leaves no timer behind when the runs end in time', async () => {
    const clock = new FakeClock()
    const pipe = createPipe({ clock })
    const started = pipe.start(pipeline('p', (p) => p.step('a', { run: () => turn() })))
    await pipe.close({ grace: '10s' })
    expect((await started.result).status).toBe('succeeded')
    expect(clock.timers).toBe(0)
  })

  test.each([[{ grace: -1 }], [{ grace: 'soon' }], [{ graze: 1 }], [5]])('refuses %o', async (options) => {
    const pipe = createPipe()
    expect(await rejectionOf(pipe.close(options as object))).toMatchObject({ code: 'OPTION_INVALID' })
    expect(await pipe.run(works)).toBe(1)
  })

  test('lets no new run begin', async () => {
    const pipe = createPipe()
    const closed = pipe.close()
    expect(await rejectionOf(pipe.run(works))).toMatchObject({ code: 'PIPE_CLOSED' })
    expect(thrownBy(() => pipe.start(works))).toMatchObject({ code: 'PIPE_CLOSED' })
    await closed
  })

  test('is closed by `await using`', async () => {
    const log: string[] = []
    {
      await using pipe = createPipe({ plugins: [logging(log, 'a')] })
      await pipe.run(works)
    }
    expect(log).toEqual(['setup a', 'close a'])
  })

  test('does not wait for runs that could not begin', async () => {
    const pipe = createPipe()
    await rejectionOf(pipe.run(works, undefined, { concurrency: -1 }))
    await pipe.close()
  })
})
