import { type AnyHandle, idOf, pipeline, type } from '@pipe/core'
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

  test('has no field that could be taken for one of its output', () => {
    pipeline('p', { input: type<{ id: string }>() }, (p, input) => {
      // @ts-expect-error -- the input is there when the pipeline runs
      expect(input.id).toBeUndefined()
      expect(Object.keys(input)).toEqual([])
      return input
    })
  })

  test('is what `idOf` takes, and nothing else', () => {
    expect(thrownBy(() => idOf({ id: 'user' } as never))).toMatchObject({ code: 'DEFINITION_INVALID' })
  })

  test('can be printed and told apart', () => {
    pipeline('p', (p, input) => {
      expect(Object.prototype.toString.call(input)).toBe('[object Handle "input"]')
      expect(idOf(input)).toBe('input')
      expect(input === (input as unknown)).toBe(true)
      return input
    })
  })
})
