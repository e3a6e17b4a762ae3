import { describe, expect, test } from 'vitest'
import { Gate } from '../src/engine/gate.ts'

const scope = { stopped: null as unknown }
const waiting = (log: string[], id: string, rank: readonly number[], slot = true, of = scope) => ({
  rank,
  slot,
  scope: of,
  enter: () => void log.push(id),
})

describe('a gate', () => {
  test('lets in as many as its limit, and the next one when a slot is given back', () => {
    const log: string[] = []
    const gate = new Gate(2)
    for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) gate.admit(waiting(log, id, [i]))
    expect(log).toEqual(['a', 'b'])
    gate.release()
    expect(log).toEqual(['a', 'b', 'c'])
  })

  test('lets in what was declared first, whoever came first', () => {
    const log: string[] = []
    const gate = new Gate(1)
    gate.admit(waiting(log, 'first', [0]))
    const late: readonly (readonly [string, readonly number[]])[] = [
      ['2', [2]],
      ['1/1', [1, 1]],
      ['1/0', [1, 0]],
      ['1', [1]],
      ['2 again', [2]],
    ]
    for (const [id, rank] of late) gate.admit(waiting(log, id, rank))
    late.forEach(() => gate.release())
    expect(log).toEqual(['first', '1', '1/0', '1/1', '2', '2 again'])
  })

  test('lets in at once what takes no slot', () => {
    const log: string[] = []
    const gate = new Gate(1)
    gate.admit(waiting(log, 'slot', [0]))
    gate.admit(waiting(log, 'free', [1], false))
    expect(log).toEqual(['slot', 'free'])
  })

  test('lets nobody in while it is paused', () => {
    const log: string[] = []
    const gate = new Gate(1)
    gate.pause()
    gate.admit(waiting(log, 'slot', [0]))
    gate.admit(waiting(log, 'free', [1], false))
    expect(gate.paused).toBe(true)
    expect(log).toEqual([])
    gate.resume(() => undefined)
    expect(log).toEqual(['slot', 'free'])
  })

  test('lets those in whose scope has stopped, to find out', () => {
    const log: string[] = []
    const stopping = { stopped: null as unknown }
    const gate = new Gate(1)
    gate.pause()
    gate.admit(waiting(log, 'stopped', [0], true, stopping))
    gate.admit(waiting(log, 'waits', [1]))
    stopping.stopped = new Error('enough')
    gate.flush()
    expect(log).toEqual(['stopped'])
  })

  test('needs no stack for steps that give their slot back at once', () => {
    const gate = new Gate(1)
    let entered = 0
    gate.pause()
    for (let i = 0; i < 50_000; i++) {
      gate.admit({
        rank: [i],
        slot: true,
        scope,
        enter: () => {
          entered++
          gate.release()
        },
      })
    }
    gate.resume(() => undefined)
    expect(entered).toBe(50_000)
  })
})
