import { pipeline, type Plugin, type } from '@pipe/core'
import { describe, expect, it } from 'vitest'
import { MemoryPipe } from './support/screen.ts'
import { gate, inAnyEnvironment, stage } from './support/stage.ts'

inAnyEnvironment()

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** One more attempt, at once. */
const again: Plugin = {
  name: 'again',
  policy:
    () =>
    ({ attempt, ctx }) =>
      attempt === 1 ? { retryAt: ctx.now() } : undefined,
}

describe('plain lines', () => {
  it('are written when something has happened, and never changed', async () => {
    const stream = new MemoryPipe()
    const { pipe } = stage({ stream })
    const inner = pipeline('inner', (p) => p.step('deep', { run: () => 'deep' }))
    const outer = pipeline('outer', (p) => {
      const a = p.step('first', { run: () => 'first' })
      const off = p.step('off', { needs: { a }, when: () => false, run: () => 'off' })
      const map = p.map('each', { needs: { a }, over: () => ['x', 'y'], key: (x) => x, run: (x) => x })
      return { off, map, call: p.call('inner', inner, { needs: { map }, input: () => undefined }) }
    })
    await pipe.run(outer)
    expect(stream.lines).toEqual([
      '✔ first 0ms',
      '↓ off its condition does not hold',
      '❯ each',
      '  ✔ each[x] 0ms',
      '  ✔ each[y] 0ms',
      '✔ each 2 of 2 0ms',
      '❯ inner',
      '  ✔ inner/deep 0ms',
      '✔ inner 0ms',
    ])
  })

  it('say what went wrong inside an item, and nothing else of what is inside', async () => {
    const stream = new MemoryPipe()
    const { pipe, clock } = stage({ stream }, again)
    const item = pipeline('item', { input: type<number>() }, (p) => {
      const fine = p.step('fine', { run: () => 1 })
      return p.step('shaky', {
        needs: { fine },
        run: (_, { attempt, progress }) => {
          progress('trying')
          if (attempt === 1) throw new Error('503')
        },
      })
    })
    const run = pipe.start(pipeline('p', (p) => p.map('each', { over: () => [0], run: item })))
    await clock.advance(10)
    await run.result
    expect(stream.lines).toEqual([
      '❯ each',
      '    ⟳ each[0]/shaky attempt 1 failed: 503; again in 0ms',
      '  ✔ each[0] 0ms',
      '✔ each 1 of 1 0ms',
    ])
  })

  it('say what was undone', async () => {
    const stream = new MemoryPipe()
    const { pipe } = stage({ stream })
    const booking = pipeline('p', (p) => {
      const seat = p.step('seat', { run: () => 12, undo: () => Promise.reject(new Error('gone')) })
      const bags = p.map('bags', { over: () => ['red'], key: (bag) => bag, run: (bag) => bag, undo: () => undefined })
      return p.step('pay', { needs: { seat, bags }, run: () => Promise.reject(new Error('declined')) })
    })
    await pipe.start(booking).result
    expect(stream.lines.slice(-3)).toEqual([
      '✖ pay declined 0ms',
      '  ↶ bags[red] undone',
      '↶ seat could not be undone: gone',
    ])
  })

  it('are a hundred for the items of a map, and a hundred for what failed: the others are counted', async () => {
    const stream = new MemoryPipe()
    const { pipe } = stage({ stream })
    const many = pipeline('p', (p) =>
      p.map('each', {
        over: () => numbers(10_000),
        optionalItems: true,
        concurrency: 8,
        run: (n) => {
          if (n % 2 === 1) throw new Error('odd')
        },
      }),
    )
    await pipe.run(many)
    expect(stream.lines.filter((line) => line.startsWith('  ✔'))).toHaveLength(100)
    expect(stream.lines.filter((line) => line.startsWith('  ✖'))).toHaveLength(100)
    expect(stream.lines).toHaveLength(202)
    expect(stream.lines.at(-1)).toMatch(/^✔ each 10,000 of 10,000 5,000 failed /)
  })

  it('say every ten seconds how far a map is whose items have no lines any more', async () => {
    const stream = new MemoryPipe()
    const { pipe, clock } = stage({ stream })
    const slow = pipeline('p', (p) =>
      p.map('each', {
        over: () => numbers(125),
        concurrency: 1,
        run: () => new Promise<void>((done) => void clock.setTimeout(done, 1_000)),
      }),
    )
    const run = pipe.start(slow)
    await clock.advance('125s')
    await run.result
    expect(stream.lines.slice(101)).toEqual([
      '❯ each 101 of 125 1m 41s',
      '❯ each 111 of 125 1m 51s',
      '❯ each 121 of 125 2m 1s',
      '✔ each 125 of 125 2m 5s',
    ])
  })

  it('say every ten seconds what a step says of itself', async () => {
    const stream = new MemoryPipe()
    const { pipe, clock } = stage({ stream })
    const end = gate()
    const talks = pipeline('p', (p) =>
      p.step('copy', {
        run: async (_, { progress }) => {
          for (let n = 1; n <= 25; n++) {
            await new Promise<void>((done) => void clock.setTimeout(done, 1_000))
            progress({ done: n, total: 25 })
          }
          return end.promise
        },
      }),
    )
    const run = pipe.start(talks)
    await clock.advance('25s')
    end.resolve()
    await run.result
    expect(stream.lines).toEqual(['❯ copy 10 of 25 10s', '❯ copy 20 of 25 20s', '✔ copy 25s'])
  })

  it('keep to one line each, whatever a key or an error says', async () => {
    const stream = new MemoryPipe()
    const { pipe } = stage({ stream })
    const odd = pipeline('p', (p) =>
      p.map('each', {
        over: () => ['a\nb\u001b[2J', 'c]d'],
        key: (key) => key,
        optionalItems: true,
        run: (key) => Promise.reject(new Error(`\r\nno ${key}`)),
      }),
    )
    await pipe.run(odd)
    expect(stream.lines).toEqual([
      '❯ each',
      '  ✖ each[a b] no a 0ms',
      '  ✖ each[c\\]d] no c]d 0ms',
      '✔ each 2 of 2 2 failed 0ms',
    ])
  })
})
