import { type AnyHandle, pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { thrownBy } from './support/errors.ts'

/** What `use` throws when a definition does it to a handle. */
const misused = (use: (handle: AnyHandle) => unknown) =>
  thrownBy(() =>
    pipeline('p', (p) => {
      const user = p.step('user', { run: () => 1 })
      use(user)
      return user
    }),
  )

describe('a handle', () => {
  test.each<[string, (handle: never) => unknown]>([
    ['a text', (handle) => `the ${handle as string}`],
    ['a number', (handle) => (handle as number) * 2],
    ['a summand', (handle) => (handle as number) + 1],
    ['a limit', (handle) => (handle as number) > 1],
    ['a key', (handle) => ({})[handle as string]],
  ])('is no value: it cannot be used as %s', (_, use) => {
    const error = misused((handle) => use(handle as never))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', step: 'user' })
    expect(error.message).toContain('Handle "user" was used as a value')
    expect(error.message).toContain('`needs`')
  })

  test('can be printed and told apart', () => {
    pipeline('p', (p, input) => {
      expect(JSON.stringify(input)).toBe('{"id":"input"}')
      expect(input === (input as unknown)).toBe(true)
      return input
    })
  })
})
