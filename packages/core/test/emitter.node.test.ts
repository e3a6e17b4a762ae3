import type { RunEvent } from '@pipe/core'
import { EventEmitter } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { Emitter } from '../src/emitter.ts'

const event: RunEvent = { runId: 'run-1', pipeline: 'p', at: 0 }
const name = 'run:pause'

/** Everything that both kinds of emitter do, as a log. */
function exercise(emitter: Emitter | EventEmitter): unknown[] {
  const events = emitter as Emitter
  const log: unknown[] = []
  const a = () => void log.push('a')
  const b = () => void log.push('b')
  const c = () => void log.push('c')
  log.push(events.emit(name, event))
  events.on(name, a).addListener(name, b).prependListener(name, c)
  events.once(name, b).prependOnceListener(name, a)
  log.push(
    events.listenerCount(name),
    events.listeners(name).map((it) => [a, b, c].findIndex((one) => one === it)),
  )
  log.push(events.emit(name, event), events.listenerCount(name))
  events.off(name, a).removeListener(name, a)
  log.push(events.emit(name, event), events.eventNames())
  events.once(name, a)
  events.off(name, a)
  log.push(events.listenerCount(name), events.rawListeners(name).length)
  events.removeAllListeners(name)
  log.push(events.listenerCount(name), events.eventNames())
  events.on(name, a).on('run:resume', b)
  log.push(events.eventNames())
  events.removeAllListeners()
  log.push(events.eventNames(), events.emit(name, event))
  return log
}

describe('an emitter', () => {
  test("does what Node's does", () => {
    expect(exercise(new Emitter(vi.fn()))).toEqual(exercise(new EventEmitter()))
  })

  test('knows no limit of listeners', () => {
    const emitter = new Emitter(vi.fn())
    expect(emitter.setMaxListeners()).toBe(emitter)
    expect(emitter.getMaxListeners()).toBe(Infinity)
  })

  test('tells its own listeners first, and then those of its parent', () => {
    const log: string[] = []
    const parent = new Emitter(vi.fn())
    const child = new Emitter(vi.fn(), parent)
    parent.on(name, () => void log.push('parent'))
    child.on(name, () => void log.push('child'))
    expect(child.emit(name, event)).toBe(true)
    expect(log).toEqual(['child', 'parent'])
    parent.emit(name, event)
    expect(log).toEqual(['child', 'parent', 'parent'])
  })

  test('knows whether anybody observes, here or above', () => {
    const parent = new Emitter(vi.fn())
    const child = new Emitter(vi.fn(), parent)
    const listener = vi.fn()
    const seen = () => [child.observed, child.observes(name), child.observes('run:resume'), parent.observed]
    expect(seen()).toEqual([false, false, false, false])
    parent.on(name, listener)
    expect(seen()).toEqual([true, true, false, true])
    parent.off(name, listener)
    child.on(name, listener)
    expect(seen()).toEqual([true, true, false, false])
    child.off(name, listener)
    expect(seen()).toEqual([false, false, false, false])
  })

  test('tells those that were listening when the event came', () => {
    const emitter = new Emitter(vi.fn())
    const late = vi.fn()
    emitter.on(name, () => emitter.on(name, late))
    emitter.emit(name, event)
    expect(late).not.toHaveBeenCalled()
  })
})
