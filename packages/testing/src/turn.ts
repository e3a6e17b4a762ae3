// Taken before a test can replace them with fake ones. Not every runtime has `setImmediate`, which is quicker.
const { setTimeout, setImmediate } = globalThis as { setTimeout: Start; setImmediate?: Start }
type Start = (callback: () => void) => unknown
const start = setImmediate ?? setTimeout

/** Waits for a turn of the event loop: then every promise that can settle without a timer or I/O has settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => start(resolve))
}
