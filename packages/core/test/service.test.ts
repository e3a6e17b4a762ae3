import { createPipe, pipeline, run, service, start } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'

interface Database {
  readonly name: string
}
const Db = service<Database>()('db')
const Cache = service<Map<string, string>>()('cache')
const db = { name: 'main' }

const defined = pipeline('p', (p) => p.step('a', { uses: { database: Db }, run: (_, { use }) => use.database }))

describe('a service', () => {
  test('is found in `ctx.use` under the local name, the same instance that was given', async () => {
    expect(await createPipe({ services: { db } }).run(defined)).toBe(db)
    expect(await run(defined, undefined, { services: { db } })).toBe(db)
  })

  test('of the run is used in place of that of the pipe', async () => {
    const other = { name: 'other' }
    const pipe = createPipe({ services: { db } })
    expect(await pipe.run(defined, undefined, { services: { db: other } })).toBe(other)
    expect(await pipe.run(defined)).toBe(db)
  })

  test('of the pipe is kept when the run gives others', async () => {
    const pipe = createPipe({ services: { db } })
    expect(await pipe.run(defined, undefined, { services: { cache: new Map() } })).toBe(db)
  })

  test('may be undefined, as long as it is given', async () => {
    const Maybe = service<string | undefined>()('maybe')
    const optional = pipeline('p', (p) => p.step('a', { uses: { it: Maybe }, run: (_, { use }) => [use.it] }))
    expect(await run(optional, undefined, { services: { maybe: undefined } })).toEqual([undefined])
  })

  test('that is not in `uses` is not in `ctx.use`', async () => {
    const none = pipeline('p', (p) => p.step('a', { run: (_, { use }) => use }))
    expect(await run(none, undefined, { services: { db } })).toEqual({})
  })

  test('reaches items, alternatives, groups and undo alike', async () => {
    const seen = vi.fn()
    const everywhere = pipeline('p', (p) => {
      const uses = { db: Db }
      const map = p.map('map', { uses, over: () => [1], run: (_, { use }) => seen(use.db) as unknown })
      const either = p.fallback('either', { uses, alternatives: { a: (_, { use }) => seen(use.db) as unknown } })
      const both = p.group('both', { uses, steps: { a: (_, { use }) => seen(use.db) as unknown } })
      return { map, either, ...both }
    })
    await run(everywhere, undefined, { services: { db } })
    expect(seen.mock.calls).toEqual([[db], [db], [db]])
  })
})

describe('a service that was not given', () => {
  const both = pipeline('shop', (p) => {
    const a = p.step('a', { uses: { db: Db }, run: () => 1 })
    return p.step('b', { needs: { a }, uses: { cache: Cache }, run: () => 2 })
  })

  test('is named with the step that uses it, before anything starts', async () => {
    const error = await rejectionOf(createPipe().run(both, undefined, { services: {} } as never))
    expect(error).toMatchObject({ code: 'SERVICE_MISSING', pipeline: 'shop', step: 'a' })
    expect(error.message).toContain('"db" (used by step "a"), "cache" (used by step "b")')
    expect(error.message).toMatch(/Pass them in `services` of createPipe or of the run/)
  })

  test('makes `start` throw', () => {
    const startIt = () => start(both, undefined, { services: { db } } as never)
    expect(thrownBy(startIt)).toMatchObject({ code: 'SERVICE_MISSING', step: 'b' })
  })
})
