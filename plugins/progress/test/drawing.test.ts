import { pipeline } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { Screen } from './support/screen.ts'
import { gate, inAnyEnvironment, stage } from './support/stage.ts'

inAnyEnvironment()

/** A run on a screen whose steps go on until they are told to end. */
function waiting(size = {}, names: readonly string[] = ['a', 'b']) {
  const screen = new Screen(size)
  const end = gate()
  const work = pipeline('work', (p) =>
    Object.fromEntries(names.map((name) => [name, p.step(name, { run: () => end.promise })])),
  )
  const { pipe, clock } = stage({ stream: screen })
  const run = pipe.start(work)
  const ended = () => {
    end.resolve()
    return run.result
  }
  return { screen, clock, ended, run }
}

describe('what others write meanwhile', () => {
  it('goes above the picture, which comes back at once', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(100)
    screen.write('one\n')
    expect(await screen.lines()).toEqual(['one', '❯ a 100ms', '❯ b 100ms'])
    screen.write(Buffer.from('two\n'))
    await clock.advance(60)
    expect(await screen.lines()).toEqual(['one', 'two', '❯ a 160ms', '❯ b 160ms'])
    await ended()
    expect(await screen.lines()).toEqual(['one', 'two', '✔ a 160ms', '✔ b 160ms'])
  })

  it('is written with the arguments it was written with', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    const written = gate<unknown>()
    expect(screen.write('c2VjcmV0Cg==', 'base64', written.resolve)).toBe(true)
    expect(await written.promise).toBeFalsy()
    expect(await screen.lines()).toContain('secret')
    await ended()
  })

  it('does not make a picture each, in a burst', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    const before = screen.writes
    for (let n = 0; n < 500; n++) screen.write(`line ${n}\n`)
    expect(screen.writes - before).toBeLessThan(505)
    await clock.advance(80)
    expect((await screen.lines()).slice(-3)).toEqual(['line 499', '❯ a 160ms', '❯ b 160ms'])
    await ended()
  })

  it('may be part of a line: the picture waits until it is finished', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    screen.write('loading')
    await clock.advance(500)
    screen.write(' \u001b[32m…\u001b[39m')
    expect(await screen.lines()).toEqual(['loading …'])
    screen.write(' done\n\u001b[0m')
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['loading … done', '❯ a 640ms', '❯ b 640ms'])
    screen.write('and')
    await ended()
    expect(await screen.lines()).toEqual(['loading … done', 'and', '✔ a 660ms', '✔ b 660ms'])
  })

  it('may be nothing, or be refused', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    screen.write('')
    screen.write('\u001b[0m')
    expect(() => screen.write(42)).toThrow(/must be of type string/)
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ a 160ms', '❯ b 160ms'])
    await ended()
  })

  it('is not watched any more when the run has ended', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    expect(Object.hasOwn(screen, 'write')).toBe(true)
    await ended()
    expect(Object.hasOwn(screen, 'write')).toBe(false)
  })

  it('may be watched by somebody else too, who came later and stays', async () => {
    const { screen, clock, ended } = waiting()
    await clock.advance(80)
    const seen: unknown[] = []
    const write = screen.write.bind(screen)
    screen.write = (chunk: unknown) => {
      seen.push(chunk)
      return write(chunk)
    }
    screen.write('one\n')
    await ended()
    screen.write('two\n')
    expect(seen).toEqual(['one\n', 'two\n'])
    expect(await screen.lines()).toEqual(['one', '✔ a 80ms', '✔ b 80ms', 'two'])
  })
})

describe('the size of the terminal', () => {
  it('cuts what is too long for it', async () => {
    const { screen, ended } = waiting({ columns: 20 }, ['a very long name for a step'])
    await ended()
    expect(await screen.lines()).toEqual(['✔ a very long name …'])
  })

  it('counts columns, not characters: there are wide ones', async () => {
    const { screen, clock, ended } = waiting({ columns: 12 }, ['天気予報を読む', '👩‍👩‍👧 family'])
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ 天気予報…', expect.stringMatching(/^❯ 👩‍👩‍👧 famil/)])
    await ended()
    expect(await screen.lines()).toHaveLength(2)
  })

  it('may change: nothing is left over when a window gets narrower, or wider', async () => {
    const { screen, clock, ended } = waiting({ columns: 40 }, ['a name of thirty characters or so', 'b'])
    screen.write('before\n')
    await clock.advance(80)
    await screen.resize(15)
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['before', '❯ a name of th…', '❯ b 160ms'])
    await screen.resize(50)
    await clock.advance(80)
    const wide = ['before', '❯ a name of thirty characters or so 240ms', '❯ b 240ms']
    expect(await screen.lines()).toEqual(wide)
    await screen.resize(10)
    screen.write('log\n')
    await ended()
    expect(await screen.lines()).toEqual(['before', 'log', '✔ a name …', '✔ b 240ms'])
  })

  it('leaves room for some of many steps: first what runs, then what was done last; the others are counted', async () => {
    const screen = new Screen({ rows: 7 })
    const { pipe, clock } = stage({ stream: screen })
    const end = gate()
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`)
    const many = pipeline('many', (p) => {
      const steps = names.map((name, n) => p.step(name, { run: () => (n === 3 || n === 17 ? end.promise : n) }))
      return p.step('last', { needs: steps, run: () => 0 })
    })
    const run = pipe.start(many)
    await clock.advance(80)
    expect(await screen.lines()).toEqual([
      '❯ s3 80ms',
      '✔ s16 0ms',
      '❯ s17 80ms',
      '✔ s18 0ms',
      '✔ s19 0ms',
      '… and 15 done, 1 waiting',
    ])
    end.resolve()
    await run.result
    expect(await screen.lines()).toHaveLength(21)
  })

  it('may be unknown', async () => {
    const { screen, clock, ended } = waiting({ columns: 80, rows: 24 })
    screen.columns = 0
    screen.rows = 0
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ a 80ms', '❯ b 80ms'])
    await ended()
  })
})

describe('the cursor', () => {
  it('is hidden while there is a picture, and shown again when the run has failed', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const fail = gate()
    const run = pipe.start(pipeline('p', (p) => p.step('a', { run: () => fail.promise })))
    await clock.advance(80)
    expect(screen.hasCursor).toBe(false)
    fail.reject(new Error('no disk'))
    await run.result
    expect(screen.hasCursor).toBe(true)
    expect(await screen.lines()).toEqual(['✖ a no disk 80ms'])
  })
})

describe('time', () => {
  it('passes without a picture for a run that is done at once: only the last one is drawn', async () => {
    const { screen, ended } = waiting()
    const hidden = screen.writes
    await ended()
    expect(screen.writes - hidden).toBeLessThanOrEqual(3)
    expect(await screen.lines()).toEqual(['✔ a 0ms', '✔ b 0ms'])
  })

  it('is that of the pipe, and one timer ticks however many runs there are', async () => {
    const { clock, ended, run, screen } = waiting()
    await clock.advance(0)
    expect(clock.timers).toBe(1)
    await ended()
    expect({ timers: clock.timers, listeners: screen.listenerCount('resize'), status: run.status }).toEqual({
      timers: 0,
      listeners: 0,
      status: 'succeeded',
    })
  })
})
