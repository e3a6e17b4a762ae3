import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Gate } from '../../src/engine/gate.ts'
import { cases, patiently } from './support/runs.ts'

interface Asking {
  readonly name: number
  readonly rank: readonly number[]
  readonly slot: boolean
  readonly scope: { stopped: unknown }
}

const byRank = (a: Asking, b: Asking): number => {
  const at = a.rank.findIndex((n, i) => n !== b.rank[i])
  if (at < 0) return a.rank.length - b.rank.length || a.name - b.name
  return at >= b.rank.length ? 1 : a.rank[at]! - b.rank[at]!
}

const move = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('admit'),
      rank: fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }),
      slot: fc.boolean(),
      scope: fc.nat(2),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'release' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'pause' } as const) },
  { weight: 2, arbitrary: fc.constant({ do: 'resume' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'tick' } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop'), scope: fc.nat(2) }) },
)

describe('the gate', patiently, () => {
  test('lets in what may, each once, the first declared first, and as many as its limit allows', () => {
    const limits = fc.constantFrom(1, 2, 3, Infinity)
    fc.assert(
      fc.property(limits, fc.array(move, { maxLength: 60 }), (limit, moves) => {
        const gate = new Gate(limit)
        const scopes = [0, 1, 2].map((): { stopped: unknown } => ({ stopped: null }))
        const entered: number[] = []
        const asked: Asking[] = []
        let waiting: Asking[] = []
        let active = 0
        let paused = false

        const takeIn = (one: Asking) => {
          waiting = waiting.filter((other) => other !== one)
          if (one.slot) active++
          return one.name
        }
        /** Takes in, first declared first, whatever may come in now. */
        const drain = () => {
          const names: number[] = []
          while (!paused) {
            const next = waiting.toSorted(byRank).find((one) => !one.slot || active < limit)
            if (next === undefined) break
            names.push(takeIn(next))
          }
          return names
        }

        for (const one of moves) {
          const before = entered.length
          let expected: readonly number[] = []
          switch (one.do) {
            case 'admit': {
              const { rank, slot } = one
              const asking: Asking = { name: asked.length, rank, slot, scope: scopes[one.scope]! }
              asked.push(asking)
              waiting.push(asking)
              gate.admit({ rank, slot, scope: asking.scope, enter: () => entered.push(asking.name) })
              expected = drain()
              break
            }
            case 'release':
              if (active === 0) break
              active--
              gate.release()
              expected = drain()
              break
            case 'pause':
              gate.pause()
              paused = true
              break
            case 'resume':
              gate.resume(() => undefined)
              paused = false
              expected = drain()
              break
            case 'tick':
              if (!paused) break
              void gate.tick()
              for (const next of waiting.toSorted(byRank)) if (!next.slot || active < limit) takeIn(next)
              break
            case 'stop':
              scopes[one.scope]!.stopped = 'stopped'
              gate.flush()
              for (const next of waiting.filter(({ scope }) => scope.stopped !== null)) takeIn(next)
              break
          }
          if (one.do === 'tick' || one.do === 'stop') {
            const left = new Set(waiting.map(({ name }) => name))
            expect(new Set(entered)).toEqual(new Set([...asked.keys()].filter((name) => !left.has(name))))
          } else expect(entered.slice(before)).toEqual(expected)
          expect(gate.paused).toBe(paused)
        }
        expect(new Set(entered).size).toBe(entered.length)
      }),
      cases(500),
    )
  })
})
