import { type OptionRule, PipelineError } from '@pipe/core'
import { RUN_STATES } from './run-state.ts'
import type { EndStatus, StateStore } from './store.ts'

/**
 * Puts in front of a store what all stores have in common: every method rejects unless the store is open, and what
 * is handed to it is checked. `open` is called once, again when it failed; `close` once, after an `open` in progress.
 *
 * ```ts
 * export const myStore = (client: Client): StateStore => guardStore({ name: 'mine', … })
 * ```
 */
export function guardStore(store: StateStore): StateStore {
  const { name, maxValueBytes } = store
  let opening: Promise<void> | null = null
  let isOpen = false
  let closing: Promise<void> | null = null

  const refuse = (method: string, field: string, value: unknown, expected: string): never => {
    const message = `\`${field}\` of ${method}() of the ${name} store must be ${expected}; got ${shown(value)}.`
    throw new PipelineError('OPTION_INVALID', message)
  }
  const closed = () => {
    const what = closing === null ? 'is not open. Call `open` first' : 'is closed. Make another one'
    return new PipelineError('STORE_CLOSED', `The ${name} store ${what}.`)
  }

  /** A method that checks its arguments: each rule is for the argument, or the field of one, at its place. */
  const checked =
    <A extends unknown[], R>(
      method: string,
      call: (...args: A) => Promise<R>,
      fields: (...args: A) => readonly (readonly [field: string, value: unknown, rule: OptionRule])[],
    ) =>
    async (...args: A): Promise<R> => {
      if (!isOpen || closing !== null) throw closed()
      for (const [field, value, [expected, holds]] of fields(...args)) {
        if (!holds(value)) refuse(method, field, value, expected)
      }
      return await call(...args)
    }

  const value: OptionRule = [
    `a string of at most ${maxValueBytes} bytes`,
    (text) => typeof text === 'string' && (text.length * 3 <= maxValueBytes || bytesOf(text) <= maxValueBytes),
  ]

  const guarded: StateStore = {
    name,
    durable: store.durable,
    shared: store.shared,
    maxValueBytes,
    open: () => {
      if (closing !== null) return Promise.reject(closed())
      opening ??= store.open().then(
        () => void (isOpen = true),
        (error: unknown) => {
          opening = null
          throw error
        },
      )
      return opening
    },
    close: () => {
      closing ??= (async () => {
        await opening?.catch(() => undefined)
        if (!isOpen) return
        isOpen = false
        await store.close()
      })()
      return closing
    },
    acquire: checked('acquire', store.acquire.bind(store), (run, request) => [
      ['id', run.id, aRunId],
      ['pipeline', run.pipeline, aName],
      ['data', run.data, value],
      ['owner', request.owner, aName],
      ['leaseMs', request.leaseMs, fromOne],
      ['maxCrashes', request.maxCrashes, fromZero],
    ]),
    renew: checked('renew', store.renew.bind(store), (id, fence, leaseMs) => [
      ['id', id, aRunId],
      ['fence', fence, fromOne],
      ['leaseMs', leaseMs, fromOne],
    ]),
    release: checked('release', store.release.bind(store), (id, fence, as, outcome) => [
      ['id', id, aRunId],
      ['fence', fence, fromOne],
      ['as', as, oneOf('waiting', 'blocked')],
      ['outcome', outcome ?? '', value],
    ]),
    commit: checked('commit', store.commit.bind(store), (id, fence, entries) => [
      ['id', id, aRunId],
      ['fence', fence, fromOne],
      ...entries.flatMap((entry): [string, unknown, OptionRule][] => [
        ['key', entry.key, aKey],
        [`value of ${shown(entry.key)}`, entry.value, value],
      ]),
    ]),
    end: checked('end', store.end.bind(store), (id, fence, as, outcome) => [
      ['id', id, aRunId],
      ['fence', fence, fromOne],
      ['as', as, oneOf(...ends)],
      ['outcome', outcome, value],
    ]),
    get: checked('get', store.get.bind(store), (id) => [['id', id, aRunId]]),
    entries: checked('entries', store.entries.bind(store), (id) => [['id', id, aRunId]]),
    list: checked('list', store.list.bind(store), ({ pipeline = '-', states = [], since = 0, until = 0 }, limit) => [
      ['pipeline', pipeline, aName],
      ['states', states, someOf(...RUN_STATES)],
      ['since', since, aNumber],
      ['until', until, aNumber],
      ['limit', limit, aLimit],
    ]),
    command: checked('command', store.command.bind(store), (id, command, reason) => [
      ['id', id, aRunId],
      ['command', command, oneOf('run', 'pause', 'cancel')],
      ['reason', reason ?? '', value],
    ]),
    revive: checked('revive', store.revive.bind(store), (id) => [['id', id, aRunId]]),
    delete: checked('delete', store.delete.bind(store), (id) => [['id', id, aRunId]]),
    purge: checked('purge', store.purge.bind(store), (statuses, before, limit) => [
      ['statuses', statuses, someOf(...ends)],
      ['before', before, aNumber],
      ['limit', limit, fromOne],
    ]),
    now: checked('now', store.now.bind(store), () => []),
    ...(store.watch && {
      watch: (listener) => {
        if (!isOpen || closing !== null) throw closed()
        return store.watch!(listener)
      },
    }),
  }
  return Object.defineProperties(guarded, membersOf(store, guarded))
}

/** What else a store has: of its own or by its class, as it is when it is asked for. */
function membersOf(store: StateStore, guarded: StateStore): PropertyDescriptorMap {
  const members: PropertyDescriptorMap = {}
  for (let of: object | null = store; of !== null && of !== Object.prototype; of = Reflect.getPrototypeOf(of)) {
    for (const key of Reflect.ownKeys(of)) {
      if (key === 'constructor' || key in guarded || key in members) continue
      const get = (): unknown => {
        const value: unknown = Reflect.get(store, key)
        return typeof value === 'function' ? (value.bind(store) as unknown) : value
      }
      members[key] = { get, configurable: true, enumerable: true }
    }
  }
  return members
}

const RUN_ID = /^[\w.:@+=/-]{1,200}$/

/** Whether a store takes `id` for a run. */
export const isRunId = (id: unknown): id is string => typeof id === 'string' && RUN_ID.test(id) && id !== '__proto__'

const ends: readonly EndStatus[] = ['succeeded', 'failed', 'cancelled']

const aRunId: OptionRule = ['1 to 200 of the characters A-Z a-z 0-9 . _ : @ + = / -', isRunId]
const aName: OptionRule = [
  '1 to 200 characters without NUL',
  (name) => typeof name === 'string' && name.length > 0 && name.length <= 200 && !name.includes('\0'),
]
const aKey: OptionRule = [
  '1 to 2,000 characters without NUL',
  (key) => typeof key === 'string' && key.length > 0 && key.length <= 2_000 && !key.includes('\0'),
]
const aNumber: OptionRule = ['a number of milliseconds', (number) => Number.isFinite(number)]
const fromZero: OptionRule = [
  'a whole number from 0 up',
  (number) => Number.isSafeInteger(number) && Number(number) >= 0,
]
const fromOne: OptionRule = [
  'a whole number from 1 up',
  (number) => Number.isSafeInteger(number) && Number(number) >= 1,
]
const aLimit: OptionRule = ['a whole number from 1 to 1,000', (number) => fromOne[1](number) && Number(number) <= 1_000]
const oneOf = (...words: readonly string[]): OptionRule => [
  `one of ${words.join(', ')}`,
  (word) => words.includes(word as string),
]
const someOf = (...words: readonly string[]): OptionRule => [
  `an array of ${words.join(', ')}`,
  (some) => Array.isArray(some) && some.every((word) => words.includes(word as string)),
]

const bytesOf = (text: string) => new TextEncoder().encode(text).length

/** A value as a message shows it: not whole, for it may be large. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? String(value) : typeof value
  return value.length > 60 ? `'${value.slice(0, 60)}…' (${value.length} characters)` : `'${value}'`
}
