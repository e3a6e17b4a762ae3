import { type Clock, createPipe, type Pipe, type Plugin, systemClock, type TimerHandle } from '@pipe/core'
import { durable, type DurableOptions, memoryStore, type StateStore } from '../../src/index.ts'

/** A store whose time can be moved on: for leases to run out. */
export function agingStore(): { readonly store: StateStore; readonly age: (ms: number) => void } {
  let older = 0
  const clock = { ...systemClock, now: () => Date.now() + older }
  return { store: memoryStore({ clock }), age: (ms) => void (older += ms) }
}

/** When a process dies: with its n-th call of the store, before that reaches the store or before its answer is known. */
export interface Death {
  readonly call: number
  readonly answered: boolean
}

/** A process with a pipe of its own: when it is dead, its timers are gone, and nothing that it asks of the store happens. */
export interface FakeProcess {
  readonly pipe: Pipe
  readonly kill: () => void
  /** Resolves when it is dead. */
  readonly dead: Promise<unknown>
}

/** What a process is started with, besides plugins. */
export type ProcessOptions = Omit<DurableOptions, 'store'> & {
  readonly death?: Death
  /** What time it is for the process. Default: that of the machine. */
  readonly now?: () => number
}

/** @param plugins plugins besides `durable` */
export function startProcess(
  store: StateStore,
  { death, now = () => systemClock.now(), ...options }: ProcessOptions = {},
  ...plugins: readonly Plugin[]
): FakeProcess {
  let killed = false
  const isDead = () => killed
  let calls = 0
  const { promise: dead, resolve } = Promise.withResolvers<unknown>()
  const timers = new Set<TimerHandle>()
  const kill = () => {
    killed = true
    for (const timer of timers) systemClock.clearTimeout(timer)
    resolve(undefined)
  }
  const call = async (ask: () => unknown): Promise<unknown> => {
    const last = ++calls === death?.call
    if (last && !death.answered) kill()
    if (isDead()) return await never()
    const answer = await ask()
    if (last) kill()
    return isDead() ? await never() : answer
  }
  const mortal = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || name === 'watch') return member
      return (...args: readonly unknown[]) => call(() => Reflect.apply(member, target, args) as unknown)
    },
  })
  const clock: Clock = {
    ...systemClock,
    now,
    setTimeout: (callback, ms) => {
      if (isDead()) return undefined
      const timer = systemClock.setTimeout(() => {
        timers.delete(timer)
        callback()
      }, ms)
      timers.add(timer)
      return timer
    },
    clearTimeout: (timer) => {
      timers.delete(timer)
      systemClock.clearTimeout(timer)
    },
  }
  const durably = durable({ store: mortal, ...options })
  return { pipe: createPipe({ plugins: [durably, ...plugins], clock, onError: () => undefined }), kill, dead }
}

const never = () => new Promise<never>(() => undefined)
