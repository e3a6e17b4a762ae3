/**
 * What every JavaScript runtime has: Node, Bun, Deno, workers, browsers. The sources of a portable package are checked against this
 * file alone, with neither Node's types nor the DOM's, so that nothing else slips in. Add to it only what all of them have.
 */

interface Event {
  readonly type: string
}
interface EventTarget {
  addEventListener(
    type: string,
    listener: (event: Event) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void
  removeEventListener(type: string, listener: (event: Event) => void): void
  dispatchEvent(event: Event): boolean
}
interface AbortSignal extends EventTarget {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
}
declare const AbortSignal: {
  abort(reason?: unknown): AbortSignal
  any(signals: Iterable<AbortSignal>): AbortSignal
  timeout(milliseconds: number): AbortSignal
}
interface AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare const AbortController: { new (): AbortController }

/** Opaque: a number in browsers, an object in Node. Store it as `ReturnType<typeof setTimeout>`. */
interface Timer {
  readonly timer: unique symbol
}
declare function setTimeout(callback: () => void, milliseconds?: number): Timer
declare function clearTimeout(timer: Timer | undefined): void
declare function setInterval(callback: () => void, milliseconds?: number): Timer
declare function clearInterval(timer: Timer | undefined): void
declare function queueMicrotask(callback: () => void): void
declare function structuredClone<T>(value: T): T

declare const performance: { now(): number }
declare const crypto: {
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`
  getRandomValues<T extends Uint8Array | Uint16Array | Uint32Array>(array: T): T
}
declare const console: Record<'debug' | 'error' | 'info' | 'log' | 'warn', (...values: unknown[]) => void>
