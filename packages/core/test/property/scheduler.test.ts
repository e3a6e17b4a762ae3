import { Scheduler, type Settled, State, topologyOf } from '../../src/scheduler.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dag } from './support/dag.ts'
import { cases, patiently } from './support/runs.ts'

type Status = 'waiting' | 'running' | Settled

/** The same decisions, made by looking at the whole graph each time. */
class NaiveScheduler {
  readonly status: Status[]
  readonly #before: readonly (readonly number[])[]

  constructor(before: readonly (readonly number[])[]) {
    this.#before = before
    this.status = before.map(() => 'waiting')
  }

  get pending(): number {
    return this.status.filter((status) => status === 'waiting' || status === 'running').length
  }

  isReady(node: number): boolean {
    return this.status[node] === 'waiting' && this.#before[node]!.every((i) => typeof this.status[i] === 'number')
  }

  next(): number {
    const node = this.status.findIndex((_, i) => this.isReady(i))
    if (node >= 0) this.status[node] = 'running'
    return node
  }

  settle(node: number, as: Settled): void {
    this.status[node] = as
  }

  fail(node: number): readonly number[] {
    const lost = new Set([node])
    this.#before.forEach((list, i) => {
      if (this.status[i] === 'waiting' && list.some((j) => lost.has(j))) lost.add(i)
    })
    lost.delete(node)
    this.status[node] = State.failed
    for (const i of lost) this.status[i] = State.skipped
    return [...lost]
  }

  stop(): readonly number[] {
    const lost = [...this.status.keys()].filter((i) => this.status[i] === 'waiting')
    for (const i of lost) this.status[i] = State.cancelled
    return lost
  }
}

const settled: readonly Settled[] = [State.succeeded, State.restored, State.skipped, State.failed, State.cancelled]

const move = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: 'next' } as const) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle'), which: fc.nat(), as: fc.constantFrom(...settled) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail'), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' } as const) },
)

describe('the scheduler', patiently, () => {
  test('decides like one that looks at the whole graph each time, whatever settles when and how', () => {
    fc.assert(
      fc.property(dag(30), fc.array(move, { maxLength: 120 }), (before, moves) => {
        const naive = new NaiveScheduler(before)
        const scheduler = new Scheduler(topologyOf(before))
        for (const one of moves) {
          const running = [...naive.status.keys()].filter((i) => naive.status[i] === 'running')
          const node = 'which' in one ? running[one.which % running.length] : undefined
          if (one.do === 'next') expect(scheduler.next()).toBe(naive.next())
          else if (one.do === 'stop') expect(scheduler.stop()).toEqual(naive.stop())
          else if (node !== undefined && one.do === 'fail') expect(scheduler.fail(node)).toEqual(naive.fail(node))
          else if (node !== undefined && 'as' in one) {
            scheduler.settle(node, one.as)
            naive.settle(node, one.as)
          }
          expect(scheduler.pending).toBe(naive.pending)
          naive.status.forEach((status, i) => {
            const state = scheduler.state[i]!
            if (typeof status === 'number') expect(state).toBe(status)
            else if (status === 'running') expect(state).toBe(State.running)
            else expect(state === State.ready).toBe(naive.isReady(i))
          })
        }
      }),
      cases(400),
    )
  })

  test('gives every node out exactly once, and none before those it waits for have settled', () => {
    fc.assert(
      fc.property(dag(60), fc.infiniteStream(fc.nat()), (before, choices) => {
        const scheduler = new Scheduler(topologyOf(before))
        const running: number[] = []
        const done = new Set<number>()
        const given: number[] = []
        while (scheduler.pending > 0) {
          for (let node = scheduler.next(); node >= 0; node = scheduler.next()) {
            expect(before[node]!.every((i) => done.has(i))).toBe(true)
            given.push(node)
            running.push(node)
          }
          const [node] = running.splice(choices.next().value % running.length, 1)
          done.add(node!)
          scheduler.settle(node!, State.succeeded)
        }
        expect(given.toSorted((a, b) => a - b)).toEqual([...before.keys()])
        expect(scheduler.next()).toBe(-1)
      }),
      cases(200),
    )
  })

  test('never changes the topology, which all runs of a pipeline share', () => {
    fc.assert(
      fc.property(dag(20), (before) => {
        const topology = topologyOf(before)
        const copy = structuredClone(topology)
        const scheduler = new Scheduler(topology)
        for (let node = scheduler.next(); node >= 0; node = scheduler.next()) scheduler.settle(node, State.succeeded)
        expect(topology).toEqual(copy)
      }),
      cases(100),
    )
  })
})
