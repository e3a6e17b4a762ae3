import { expect, test } from 'vitest'
import { guardStore, memoryStore, type StateStore } from '../src/index.ts'

type Arguments<
  M extends 'acquire' | 'renew' | 'release' | 'commit' | 'end' | 'entries' | 'list' | 'command' | 'purge',
> = Parameters<StateStore[M]>

/** A store that is an instance of a class: its fields are getters, its methods are on the prototype. */
class Mine implements StateStore {
  readonly #inner = memoryStore()
  #opened = 0
  get name(): string {
    return `mine, in ${this.#inner.name}`
  }
  get durable(): boolean {
    return !this.#inner.durable
  }
  get shared(): boolean {
    return !this.#inner.shared
  }
  get maxValueBytes(): number {
    return this.#inner.maxValueBytes / 4_096
  }
  get opened(): number {
    return this.#opened
  }
  open() {
    this.#opened++
    return this.#inner.open()
  }
  close() {
    return this.#inner.close()
  }
  acquire(...args: Arguments<'acquire'>) {
    return this.#inner.acquire(...args)
  }
  renew(...args: Arguments<'renew'>) {
    return this.#inner.renew(...args)
  }
  release(...args: Arguments<'release'>) {
    return this.#inner.release(...args)
  }
  commit(...args: Arguments<'commit'>) {
    return this.#inner.commit(...args)
  }
  end(...args: Arguments<'end'>) {
    return this.#inner.end(...args)
  }
  get(id: string) {
    return this.#inner.get(id)
  }
  entries(...args: Arguments<'entries'>) {
    return this.#inner.entries(...args)
  }
  list(...args: Arguments<'list'>) {
    return this.#inner.list(...args)
  }
  command(...args: Arguments<'command'>) {
    return this.#inner.command(...args)
  }
  revive(id: string) {
    return this.#inner.revive(id)
  }
  delete(id: string) {
    return this.#inner.delete(id)
  }
  purge(...args: Arguments<'purge'>) {
    return this.#inner.purge(...args)
  }
  now() {
    return this.#inner.now()
  }
  size(): string {
    return `${this.maxValueBytes} bytes`
  }
}

test('a guarded store has what its class has: getters, methods, and what else it can do', async () => {
  const guarded = guardStore(new Mine())
  expect(guarded).toMatchObject({
    name: 'mine, in memory',
    durable: true,
    shared: true,
    maxValueBytes: 1_024,
    opened: 0,
  })
  await expect(guarded.now()).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  await guarded.open()
  await guarded.open()
  expect(await guarded.now()).toBeGreaterThan(0)
  expect(Reflect.get(guarded, 'opened')).toBe(1)
  expect((Reflect.get(guarded, 'size') as () => string)()).toBe('1024 bytes')
  const large = { id: 'run', pipeline: 'p', data: 'x'.repeat(1_025) }
  const refused = guarded.acquire(large, { owner: 'a', leaseMs: 1, maxCrashes: 0 })
  await expect(refused).rejects.toMatchObject({ code: 'OPTION_INVALID' })
})
