import type { Events } from './emitter.ts'
import { hookNames, type PipeEvent } from './hooks.ts'

/**
 * The events of core from now on, as an async generator that ends when `ended` has resolved and all were read. Listens
 * from the call on; events wait for their reader.
 *
 * @param ended never rejects
 */
export function eventStream(events: Events, ended: Promise<unknown>): AsyncGenerator<PipeEvent, void, undefined> {
  const queue: PipeEvent[] = []
  let over = false
  let wake: () => void = () => undefined
  const listeners = hookNames.map((name) => {
    const listener = (event: object) => {
      queue.push({ type: name, ...event } as PipeEvent)
      wake()
    }
    events.on(name, listener)
    return () => events.off(name, listener)
  })
  const forget = () => {
    for (const off of listeners) off()
  }
  void ended.then(() => {
    over = true
    forget()
    wake()
  })
  const stream = read()
  const close = stream.return.bind(stream)
  // A generator that was never asked for anything does not run its `finally`.
  return Object.assign(stream, {
    return: (value: undefined) => {
      forget()
      return close(value)
    },
  })

  async function* read(): AsyncGenerator<PipeEvent, void, undefined> {
    try {
      for (;;) {
        for (const event of queue.splice(0)) yield event
        if (queue.length > 0) continue
        if (over) return
        await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      forget()
    }
  }
}
