/** Counts the listeners on a signal, from now on: `count` is how many there are. */
export function countListeners(signal: AbortSignal): { readonly count: number } {
  const listeners = { count: 0 }
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners.count++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners.count--
    remove(...args)
  }
  return listeners
}
