import { expect, test } from 'vitest'
import { guardStore, memoryStore, type StateStore } from '../src/index.ts'

/** A store that is an instance of a class: its fields are getters, its methods are on the prototype. */
class Mine {
  readonly #inner = memoryStore()
  readonly #bytes = 1_024
  get name() {
    return 'mine'
  }
  get durable() {
    return true
  }
  get shared() {
    return this.#bytes > 0
  }
  get maxValueBytes() {
    return this.#bytes
  }
  get opened() {
    return this.#opened
  }
  #opened = 0
  async open() {
    this.#opened++
    await this.#inner.open()
  }
  close = this.#inner.close
  acquire = this.#inner.acquire
  renew = this.#inner.renew
  release = this.#inner.release
  commit = this.#inner.commit
  end = this.#inner.end
  get = this.#inner.get
  entries = this.#inner.entries
  list = this.#inner.list
  command = this.#inner.command
  revive = this.#inner.revive
  purge = this.#inner.purge
  now() {
    return this.#inner.now()
  }
  size(): string {
    return `${this.#bytes} bytes`
  }
}

test('a guarded store has what its class has: getters, methods, and what else it can do', async () => {
  const guarded = guardStore(new Mine() satisfies StateStore)
  expect(guarded).toMatchObject({ name: 'mine', durable: true, shared: true, maxValueBytes: 1_024, opened: 0 })
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
