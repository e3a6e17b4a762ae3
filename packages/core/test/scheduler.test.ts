import { describe, expect, test } from 'vitest'
import { Scheduler, State, topologyOf } from '../src/scheduler.ts'

/** 0 → 2, 1 → 2, 1 → 3, 2 → 4. */
const diamond = topologyOf([[], [], [0, 1], [1], [2]])
const drain = (scheduler: Scheduler) => {
  const nodes: number[] = []
  for (let node = scheduler.next(); node >= 0; node = scheduler.next()) nodes.push(node)
  return nodes
}

describe('a topology', () => {
  test('numbers the edges of a graph', () => {
    expect(diamond).toMatchObject({ size: 5, waits: [0, 0, 2, 1, 1], roots: [0, 1] })
    expect([...diamond.offsets]).toEqual([0, 1, 3, 4, 4, 4])
    expect([...diamond.successors]).toEqual([2, 2, 3, 4])
  })

  test('of nothing is empty', () => {
    expect(topologyOf([])).toMatchObject({ size: 0, waits: [], roots: [] })
  })
})

describe('the scheduler', () => {
  test('answers what waits for nothing, in order of declaration', () => {
    expect(drain(new Scheduler(diamond))).toEqual([0, 1])
  })

  test('answers a node the moment its own needs have settled', () => {
    const scheduler = new Scheduler(diamond)
    drain(scheduler)
    scheduler.settle(1, State.succeeded)
    expect(drain(scheduler)).toEqual([3])
    scheduler.settle(0, State.skipped)
    expect(drain(scheduler)).toEqual([2])
  })

  test('answers the one that was declared first, however late it became ready', () => {
    const scheduler = new Scheduler(topologyOf([[], [], [], [0], [1], [2], [2]]))
    drain(scheduler)
    for (const node of [2, 1, 0]) scheduler.settle(node, State.succeeded)
    expect(drain(scheduler)).toEqual([3, 4, 5, 6])
  })

  test('keeps that order for any number of latecomers', () => {
    const half = 64
    const before = Array.from({ length: 2 * half }, (_, i) => (i < half ? [] : [i - half]))
    const scheduler = new Scheduler(topologyOf(before))
    drain(scheduler)
    const shuffled = Array.from({ length: half }, (_, i) => (i * 37) % half)
    for (const node of shuffled) scheduler.settle(node, State.succeeded)
    expect(drain(scheduler)).toEqual(Array.from({ length: half }, (_, i) => half + i))
  })

  test('counts what has not settled', () => {
    const scheduler = new Scheduler(diamond)
    expect(scheduler.pending).toBe(5)
    drain(scheduler)
    scheduler.settle(0, State.restored)
    expect(scheduler.pending).toBe(4)
  })

  test('skips everything that depends on a node that failed, and nothing else', () => {
    const scheduler = new Scheduler(diamond)
    drain(scheduler)
    expect(scheduler.fail(0)).toEqual([2, 4])
    expect(scheduler.state).toEqual([State.failed, State.running, State.skipped, 1, State.skipped])
    scheduler.settle(1, State.succeeded)
    expect(drain(scheduler)).toEqual([3])
    scheduler.settle(3, State.succeeded)
    expect(scheduler.pending).toBe(0)
  })

  test('skips nothing twice', () => {
    const scheduler = new Scheduler(diamond)
    drain(scheduler)
    expect(scheduler.fail(1)).toEqual([2, 3, 4])
    expect(scheduler.fail(0)).toEqual([])
    expect(scheduler.pending).toBe(0)
  })

  test('cancels everything that has not started when it stops', () => {
    const scheduler = new Scheduler(diamond)
    expect(scheduler.next()).toBe(0)
    expect(scheduler.stop()).toEqual([1, 2, 3, 4])
    expect(scheduler.next()).toBe(-1)
    expect(scheduler.pending).toBe(1)
    scheduler.settle(0, State.succeeded)
    expect(scheduler.pending).toBe(0)
    expect(scheduler.next()).toBe(-1)
  })

  test('cancels latecomers, too', () => {
    const scheduler = new Scheduler(topologyOf([[], [], [0], [1]]))
    drain(scheduler)
    scheduler.settle(1, State.succeeded)
    scheduler.settle(0, State.succeeded)
    expect(scheduler.stop()).toEqual([2, 3])
    expect(scheduler.next()).toBe(-1)
  })

  test('shares a topology among runs', () => {
    const [one, two] = [new Scheduler(diamond), new Scheduler(diamond)]
    drain(one)
    one.fail(0)
    expect(drain(two)).toEqual([0, 1])
  })
})
