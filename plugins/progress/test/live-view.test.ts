import { pipeline, type Plugin, skip, type } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { Screen } from './support/screen.ts'
import { gate, inAnyEnvironment, stage } from './support/stage.ts'

inAnyEnvironment()

/** Another attempt in so many ms, after every failure. */
const again = (delay: number): Plugin => ({
  name: 'again',
  policy:
    () =>
    ({ ctx }) => ({ retryAt: ctx.now() + delay }),
})

describe('on a terminal', () => {
  it('shows what runs, what waits, what was skipped and what is done, each on its line', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const [first, item, deep] = [gate(), gate(), gate()]
    const inner = pipeline('inner', (p) => {
      const one = p.step('one', { run: () => deep.promise })
      return p.step('two', { needs: { one }, run: () => 2 })
    })
    const outer = pipeline('outer', (p) => {
      const a = p.step('first', { run: () => first.promise })
      const off = p.step('off', { needs: { a }, when: () => false, run: () => 'off' })
      const map = p.map('each', {
        needs: { a },
        over: () => ['x', 'y'],
        key: (x) => x,
        run: (x) => (x === 'y' ? item.promise : x),
      })
      return { off, call: p.call('inner', inner, { needs: { map }, input: () => undefined }) }
    })
    const run = pipe.start(outer)
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ first 80ms', '· off', '· each', '· inner'])

    first.resolve()
    await clock.advance(80)
    expect(await screen.lines()).toEqual([
      '✔ first 80ms',
      '↓ off its condition does not hold',
      '❯ each 1 of 2 80ms',
      '· inner',
    ])

    item.resolve()
    await clock.advance(80)
    expect((await screen.lines()).slice(2)).toEqual(['✔ each 2 of 2 80ms', '❯ inner 80ms', '  ❯ one 80ms', '  · two'])

    deep.resolve()
    await run.result
    expect(await screen.lines()).toEqual([
      '✔ first 80ms',
      '↓ off its condition does not hold',
      '✔ each 2 of 2 80ms',
      '✔ inner 80ms',
      '  ✔ one 80ms',
      '  ✔ two 0ms',
    ])
    expect(clock.timers).toBe(0)
  })

  it('shows of the items of a map those that run and what runs inside, and lets them go', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const slow = gate()
    const inner = pipeline('inner', { input: type<string>() }, (p) =>
      p.step('deep', { run: ({ input }) => (input === 'a/b[c]' ? slow.promise : undefined) }),
    )
    const outer = pipeline('outer', (p) =>
      p.map('each', { over: () => ['quick', 'a/b[c]'], key: (x) => x, run: inner }),
    )
    const run = pipe.start(outer)
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ each 1 of 2 80ms', '  ❯ a/b[c]', '    ❯ deep 80ms'])
    slow.resolve()
    await run.result
    expect(await screen.lines()).toEqual(['✔ each 2 of 2 80ms'])
  })

  it('shows which items failed: some of them by name, all of them as a number', async () => {
    const screen = new Screen()
    const { pipe } = stage({ stream: screen })
    const each = pipeline('p', (p) =>
      p.map('each', {
        over: () => [1, 2, 3, 4, 5, 6, 7, 8],
        optionalItems: true,
        run: (n) => {
          if (n > 1) throw new Error(`no ${n}`)
        },
      }),
    )
    await pipe.start(each).result
    expect(await screen.lines()).toEqual([
      '✔ each 8 of 8 7 failed 0ms',
      ...[1, 2, 3, 4, 5].map((key) => `  ✖ ${key} no ${key + 1} 0ms`),
    ])
  })

  it('counts the items of a source of unknown length', async () => {
    const screen = new Screen()
    const { pipe } = stage({ stream: screen })
    async function* numbers() {
      yield* [1, 2, 3]
    }
    await pipe.start(pipeline('p', (p) => p.map('each', { over: () => numbers(), concurrency: 1, run: (n) => n })))
      .result
    expect(await screen.lines()).toEqual(['✔ each 3 done 0ms'])
  })

  it('shows why an attempt failed while the next one is waited for, which one runs, and then how many there were', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen }, again(5_000))
    const second = gate()
    const ask = pipeline('p', (p) =>
      p.step('ask', {
        run: (_, { attempt }) => {
          if (attempt === 1) throw new Error('engaged\nplease wait')
          return second.promise
        },
      }),
    )
    const run = pipe.start(ask)
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['⟳ ask attempt 1 failed: engaged; again in 5s 80ms'])
    await clock.advance(5_000)
    expect(await screen.lines()).toEqual(['❯ ask attempt 2 5s'])
    second.resolve()
    await run.result
    expect(await screen.lines()).toEqual(['✔ ask after 2 attempts 5s'])
  })

  it('counts the items of the last attempt of a map', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen }, again(10))
    let calls = 0
    const inner = pipeline('inner', (p) => p.map('each', { over: () => [1, 2, 3], run: (n) => n }))
    const outer = pipeline('outer', (p) => {
      const each = p.call('inner', inner, {
        input: () => {
          calls++
        },
      })
      return p.step('after', { needs: { each }, run: () => calls })
    })
    const twice: Plugin = {
      name: 'twice',
      attempt: ({ id }) =>
        id === 'inner'
          ? (ctx, next) =>
              ctx.attempt === 1 ? Promise.resolve(next()).then(() => Promise.reject(new Error('once more'))) : next()
          : undefined,
    }
    const other = stage({ stream: screen }, again(10), twice)
    const run = other.pipe.start(outer)
    await other.clock.advance(100)
    expect((await run.result).output).toBe(2)
    expect(await screen.lines()).toEqual(['✔ inner after 2 attempts 10ms', '  ✔ each 3 of 3 0ms', '✔ after 0ms'])
    await pipe.close()
    expect(clock.timers).toBe(0)
  })

  it('shows the round of a loop that runs, and what runs in it', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const third = gate<number>()
    const body = pipeline('body', { input: type<number>() }, (p) =>
      p.step('half', { run: async ({ input }) => (input === 2 ? third.promise : input / 2) }),
    )
    const run = pipe.start(
      pipeline('p', (p) => p.loop('shrink', body, { input: () => 8, until: (n) => n < 2, max: 9 })),
    )
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['❯ shrink round 3 80ms', '  ❯ half 80ms'])
    third.resolve(1)
    await run.result
    expect(await screen.lines()).toEqual(['✔ shrink 80ms'])
  })

  it('shows what failed and why, what did not come to pass, what is optional, restored or not needed', async () => {
    const screen = new Screen()
    const known: Plugin = {
      name: 'known',
      step: ({ id }) => (id === 'known' ? () => 1 : id === 'left' ? () => skip('nobody asked') : undefined),
    }
    const { pipe } = stage({ stream: screen }, known)
    const broken = pipeline('p', (p) => {
      const known = p.step('known', { run: () => 1 })
      const left = p.step('left', { run: () => 1 })
      const gift = p.step('gift', { optional: true, run: () => Promise.reject(new Error('no gifts left')) })
      const plan = p.fallback('plan', { alternatives: { a: () => 1, b: () => 2 } })
      const disk = p.step('disk', {
        needs: { known, left, gift, plan },
        run: () => Promise.reject(new Error('disk \u001b[31mfull\u001b[39m\u0007')),
      })
      return p.step('next', { needs: { disk }, run: () => 1 })
    })
    await pipe.start(broken).result
    expect(await screen.lines()).toEqual([
      '✔ known restored',
      '↓ left nobody asked',
      '✖ gift no gifts left optional 0ms',
      '✔ plan/a 0ms',
      '↓ plan/b it was not needed',
      '✖ disk disk full 0ms',
      '↓ next a step before it failed',
      '✔ plan',
    ])
    expect(screen.written).not.toContain('\u0007')
  })

  it('shows what was undone, and what could not be', async () => {
    const screen = new Screen()
    const { pipe } = stage({ stream: screen })
    const booking = pipeline('p', (p) => {
      const seat = p.step('seat', { run: () => 12, undo: () => undefined })
      const room = p.step('room', { run: () => 7, undo: () => Promise.reject(new Error('hotel closed')) })
      const bags = p.map('bags', { over: () => ['red'], key: (bag) => bag, run: (bag) => bag, undo: () => undefined })
      return p.step('pay', { needs: { seat, room, bags }, run: () => Promise.reject(new Error('declined')) })
    })
    await pipe.start(booking).result
    expect(await screen.lines()).toEqual([
      '✔ seat undone 0ms',
      '✔ room could not be undone: hotel closed 0ms',
      '✔ bags 1 of 1 red undone 0ms',
      '✖ pay declined 0ms',
    ])
  })

  it('shows what was cancelled, and leaves the last picture', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const run = pipe.start(
      pipeline('p', (p) => {
        const hang = p.step('hang', {
          run: (_, { signal }) => new Promise((_, no) => signal.addEventListener('abort', no)),
        })
        return p.step('next', { needs: { hang }, run: () => 1 })
      }),
    )
    await clock.advance(200)
    expect(screen.hasCursor).toBe(false)
    run.cancel('enough')
    await run.result
    expect(await screen.lines()).toEqual(['■ hang cancelled 200ms', '■ next cancelled'])
    expect({ cursor: screen.hasCursor, timers: clock.timers }).toEqual({ cursor: true, timers: 0 })
  })

  it('shows that a run is paused', async () => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const first = gate()
    const work = pipeline('work', (p) => {
      const a = p.step('a', { run: () => first.promise })
      return p.step('b', { needs: { a }, run: () => 1 })
    })
    const run = pipe.start(work)
    await clock.advance(80)
    run.pause()
    first.resolve()
    await clock.advance(80)
    expect(await screen.lines()).toEqual(['· work paused', '  ✔ a 80ms', '  · b'])
    run.resume()
    await run.result
    expect(await screen.lines()).toEqual(['✔ a 80ms', '✔ b 0ms'])
  })

  it.each([
    ['500 rows', '500 rows'],
    [0.5, '50%'],
    [42, '42'],
    [{ done: 3, total: 1_200, message: 'copying' }, '3 of 1,200 copying'],
    [{ file: 'a.txt' }, "{ file: 'a.txt' }"],
    ['two\nlines', 'two lines'],
    [null, 'null'],
  ])('shows how far a step says it is: %j', async (value, words) => {
    const screen = new Screen()
    const { pipe, clock } = stage({ stream: screen })
    const end = gate()
    const run = pipe.start(
      pipeline('p', (p) =>
        p.step('read', {
          run: (_, { progress }) => {
            progress(value)
            return end.promise
          },
        }),
      ),
    )
    await clock.advance(80)
    expect(await screen.lines()).toEqual([`❯ read ${words} 80ms`])
    end.resolve()
    await run.result
  })
})

describe('the look', () => {
  const one = pipeline('p', (p) => p.step('a', { run: () => 1 }))

  it.each([
    ['as the terminal can', {}, true],
    ['not with NO_COLOR', { NO_COLOR: '1' }, false],
    ['with FORCE_COLOR', { FORCE_COLOR: '1' }, true],
  ])('is coloured %s', async (_, env, isColoured) => {
    for (const [name, value] of Object.entries(env)) process.env[name] = value
    const screen = new Screen()
    await stage({ stream: screen }).pipe.run(one)
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name)
    expect(screen.written.includes('\u001b[32m✔')).toBe(isColoured)
    expect(await screen.lines()).toEqual(['✔ a 0ms'])
  })

  it('keeps to signs that a simple console has', async () => {
    process.env['TERM'] = 'linux'
    const screen = new Screen()
    await stage({ stream: screen }).pipe.run(one)
    expect(await screen.lines()).toEqual(['√ a 0ms'])
  })
})
