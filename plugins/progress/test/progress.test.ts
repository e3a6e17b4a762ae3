import { createPipe, pipeline, type } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { progress } from '../src/index.ts'
import { MemoryPipe, Screen } from './support/screen.ts'
import { gate, inAnyEnvironment, stage } from './support/stage.ts'

inAnyEnvironment()

const one = pipeline('one', (p) => p.step('a', { run: () => 1 }))

describe('the mode', () => {
  const live = ['✔ a 0ms']

  it.each([
    ['draws on a terminal', () => new Screen(), {}, true],
    ['draws on a terminal where CI says that it is none', () => new Screen(), { CI: 'false' }, true],
    ['draws on a terminal without colours', () => new Screen(), { NO_COLOR: '1' }, true],
    ['writes lines into a pipe', () => new MemoryPipe(), {}, false],
    ['writes lines into a pipe that is to be coloured', () => new MemoryPipe(), { FORCE_COLOR: '1' }, false],
    ['writes lines in CI', () => new Screen(), { CI: 'true' }, false],
    ['writes lines on a terminal that cannot move its cursor', () => new Screen(), { TERM: 'dumb' }, false],
  ])('%s', async (_, streamOf, env, isLive) => {
    Object.assign(process.env, env)
    const stream = streamOf()
    await stage({ stream }).pipe.run(one)
    expect(stream.written.includes('\u001b[?25l')).toBe(isLive)
    expect(stream.written).toContain('a')
  })

  it('may be chosen', async () => {
    const [file, terminal] = [new MemoryPipe(), new Screen()]
    await stage({ stream: file, mode: 'live' }).pipe.run(one)
    await stage({ stream: terminal, mode: 'plain' }).pipe.run(one)
    expect(file.written).toContain('\u001b[?25l')
    expect(terminal.written).not.toContain('\u001b[?25l')
    expect(await terminal.lines()).toEqual(live)
  })

  it('may be silent: then nothing is written, and nobody observes the runs', async () => {
    const stream = new Screen()
    const { pipe } = stage({ stream, mode: 'silent' })
    await pipe.run(one)
    expect({ written: stream.written, hooks: pipe.events.eventNames() }).toEqual({ written: '', hooks: [] })
  })
})

describe('several runs', () => {
  const work = pipeline('work', { input: type<Promise<void>>() }, (p) =>
    p.step('wait', { run: ({ input }) => input.then(() => 1) }),
  )
  const other = pipeline('other', { input: type<Promise<void>>() }, (p) =>
    p.step('hang', { run: ({ input }) => input.then(() => 2) }),
  )

  it('are drawn below each other under their names; what has ended stays above', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const [first, second, third] = [gate(), gate(), gate()]
    const runs = [pipe.start(work, first.promise), pipe.start(other, second.promise), pipe.start(work, third.promise)]
    await clock.advance(80)
    expect(await screen.lines()).toEqual([
      '❯ work 80ms',
      '  ❯ wait 80ms',
      '❯ other 80ms',
      '  ❯ hang 80ms',
      '❯ work #2 80ms',
      '  ❯ wait 80ms',
    ])
    second.reject(new Error('no'))
    await runs[1]?.result
    expect(await screen.lines()).toEqual([
      '✖ other 80ms',
      '  ✖ hang no 80ms',
      '❯ work 80ms',
      '  ❯ wait 80ms',
      '❯ work #2 80ms',
      '  ❯ wait 80ms',
    ])
    first.resolve()
    third.resolve()
    await Promise.all(runs.map((run) => run.result))
    expect((await screen.lines()).slice(2)).toEqual(['✔ work 80ms', '  ✔ wait 80ms', '✔ work #2 80ms', '  ✔ wait 80ms'])
    expect({ cursor: screen.hasCursor, timers: clock.timers }).toEqual({ cursor: true, timers: 0 })
  })

  it('of several pipes share a terminal', async () => {
    const screen = new Screen()
    const [one, two] = [stage({ stream: screen }), stage({ stream: screen })]
    const [first, second] = [gate(), gate()]
    const runs = [one.pipe.start(work, first.promise), two.pipe.start(other, second.promise)]
    await two.clock.advance(80)
    await one.clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ wait 80ms', '❯ hang 80ms'])
    first.resolve()
    await runs[0]?.result
    expect(await screen.lines()).toEqual(['✔ wait 80ms', '❯ hang 80ms'])
    expect(screen.hasCursor).toBe(false)
    second.resolve()
    await runs[1]?.result
    expect(await screen.lines()).toEqual(['✔ wait 80ms', '✔ hang 80ms'])
    expect(screen.hasCursor).toBe(true)
  })

  it('have room for each of them', async () => {
    const screen = new Screen({ rows: 7 })
    const { pipe, clock } = stage({ stream: screen })
    const end = gate()
    const wide = pipeline('wide', (p) =>
      Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`s${n}`, p.step(`s${n}`, { run: () => end.promise })])),
    )
    const runs = [pipe.start(wide), pipe.start(other, end.promise)]
    await clock.advance(80)
    expect(await screen.lines()).toEqual([
      '❯ wide 80ms',
      '  ❯ s0 80ms',
      '  … and 8 running',
      '❯ other 80ms',
      '  ❯ hang 80ms',
    ])
    end.resolve()
    await Promise.all(runs.map((run) => run.result))
  })

  it('may be more than there is room for', async () => {
    const screen = new Screen({ rows: 5 })
    const { pipe, clock } = stage({ stream: screen })
    const end = gate()
    const runs = Array.from({ length: 20 }, () => pipe.start(work, end.promise))
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ work 80ms', '❯ work #2 80ms', '❯ work #3 80ms', '❯ work #4 80ms'])
    end.resolve()
    await Promise.all(runs.map((run) => run.result))
    expect(await screen.lines()).toHaveLength(40)
  })

  it('have their names in plain lines', async () => {
    const stream = new MemoryPipe()
    const { pipe } = stage({ stream })
    const end = gate()
    const runs = [pipe.start(work, end.promise), pipe.start(other, end.promise)]
    end.resolve()
    await Promise.all(runs.map((run) => run.result))
    await pipe.run(work, end.promise)
    expect(stream.lines).toEqual(['work: ✔ wait 0ms', 'other: ✔ hang 0ms', '✔ wait 0ms'])
  })
})

describe('pipelines of the same name', () => {
  it('are shown as what they are when they run', async () => {
    const screen = new Screen()
    const { pipe } = stage({ stream: screen })
    const made = (id: string) => pipeline('made', (p) => p.step(id, { run: () => id }))
    await pipe.run(made('x'))
    await pipe.run(made('y'))
    expect(await screen.lines()).toEqual(['✔ x 0ms', '✔ y 0ms'])
  })
})

describe('a pipe that is closed', () => {
  it('waits for its runs, and has given the terminal back', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const end = gate()
    const run = pipe.start(pipeline('p', (p) => p.step('a', { run: () => end.promise })))
    await clock.advance(80)
    const closed = pipe.close()
    end.resolve()
    await closed
    expect({ status: run.status, cursor: screen.hasCursor, timers: clock.timers }).toEqual({
      status: 'succeeded',
      cursor: true,
      timers: 0,
    })
    expect(Object.hasOwn(screen, 'write')).toBe(false)
  })
})

describe('the object that progress() returns', () => {
  it('belongs to one pipe', async () => {
    const plugin = progress({ stream: new MemoryPipe() })
    await createPipe({ plugins: [plugin] }).run(one)
    const second = createPipe({ plugins: [plugin] }).run(one)
    await expect(second).rejects.toMatchObject({ code: 'PLUGIN_SETUP_FAILED', cause: { code: 'PLUGIN_INVALID' } })
  })
})

describe('options', () => {
  it.each([
    [{ mode: 'loud' }, "`mode` of progress() must be one of 'auto', 'live', 'plain', 'silent'; got 'loud'."],
    [
      { stream: 'out.log' },
      "`stream` of progress() must be a stream to write to, such as process.stderr; got 'out.log'.",
    ],
    [{ colour: true }, '`colour` of progress() must be left out: the options are stream, mode; got true.'],
  ])('refuses %j', (options, message) => {
    expect(() => progress(options as never)).toThrow(message)
  })
})
