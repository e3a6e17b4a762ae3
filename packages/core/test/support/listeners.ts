import { vi } from 'vitest'

/** Counts the `abort` listeners that are attached, from now on: those of the signals that `counts` says yes to. */
export function countAbortListeners(counts: (signal: AbortSignal) => boolean = () => true): () => number {
  const attached = new Map<AbortSignal, Set<unknown>>()
  const add = vi.spyOn(AbortSignal.prototype, 'addEventListener')
  const remove = vi.spyOn(AbortSignal.prototype, 'removeEventListener')
  const listenersOf = (signal: AbortSignal) => {
    const listeners = attached.get(signal) ?? new Set()
    attached.set(signal, listeners)
    return listeners
  }
  add.mockImplementation(function (this: AbortSignal, ...args: Parameters<AbortSignal['addEventListener']>) {
    if (counts(this)) listenersOf(this).add(args[1])
    EventTarget.prototype.addEventListener.apply(this, args)
  })
  remove.mockImplementation(function (this: AbortSignal, ...args: Parameters<AbortSignal['removeEventListener']>) {
    listenersOf(this).delete(args[1])
    EventTarget.prototype.removeEventListener.apply(this, args)
  })
  return () => [...attached.values()].reduce((sum, listeners) => sum + listeners.size, 0)
}
