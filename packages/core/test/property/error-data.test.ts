import { deserializeError, type ErrorCode, isPipelineError, PipelineError, serializeError } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../src/codes.ts'
import { cases, patiently } from './support/runs.ts'

class PaymentError extends Error {
  override readonly name = 'PaymentError'
}

const json = fc.jsonValue({ maxDepth: 2 }).map((value): unknown => JSON.parse(JSON.stringify(value)))
/** Names that mean something in every error, or in its data. */
const taken = new Set(['name', 'message', 'stack', 'cause', 'errors', 'result', 'value'])
const fields = fc.dictionary(
  fc.string({ minLength: 1 }).filter((key) => !taken.has(key) && !(key in Object.prototype)),
  json,
  { maxKeys: 3 },
)

const { anError } = fc.letrec<{ anError: Error; cause: { readonly cause?: unknown } }>((tie) => ({
  cause: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({}),
    json.map((cause) => ({ cause })),
    tie('anError').map((cause) => ({ cause })),
  ),
  anError: fc.oneof(
    fc
      .tuple(
        fc.constantFrom(Error, TypeError, RangeError, SyntaxError, URIError, EvalError, ReferenceError, PaymentError),
        fc.string(),
        tie('cause'),
        fields,
      )
      .map(([Class, message, options, own]) => Object.assign(new Class(message, options), own)),
    fc
      .tuple(
        fc.array(fc.oneof({ depthSize: 'small' }, json, tie('anError')), { maxLength: 3 }),
        fc.string(),
        tie('cause'),
        fields,
      )
      .map(([errors, message, options, own]) => Object.assign(new AggregateError(errors, message, options), own)),
    fc
      .tuple(
        fc.constantFrom(...(Object.keys(errorCodes) as ErrorCode[])),
        fc.string(),
        tie('cause'),
        fc.record({ pipeline: fc.string(), step: fc.string(), plugin: fc.string() }, { requiredKeys: [] }),
      )
      .map(([code, message, options, where]) => new PipelineError(code, message, { ...where, ...options })),
  ),
}))

/** What a reader of an error may look at. */
function seen(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown
  const { name, message, stack } = thrown
  return {
    class: thrown instanceof PaymentError ? Error : thrown.constructor,
    ...{ name, message, stack },
    own: Object.fromEntries(Object.entries(thrown).filter(([key]) => key !== 'name')),
    ...(thrown.cause !== undefined && { cause: seen(thrown.cause) }),
    ...(thrown instanceof AggregateError && { errors: thrown.errors.map(seen) }),
  }
}

describe('an error', patiently, () => {
  test('comes back from plain data as it was: class, name, message, stack, own fields, causes, errors', () => {
    fc.assert(
      fc.property(anError, (error) => {
        const back = deserializeError(serializeError(error))
        expect(seen(back)).toEqual(seen(error))
        expect(isPipelineError(back)).toBe(isPipelineError(error))
      }),
      cases(300),
    )
  })

  test('comes back from JSON with all that JSON can hold', () => {
    fc.assert(
      fc.property(anError, (error) => {
        const data = serializeError(error)
        const text = JSON.stringify(data)
        expect(JSON.stringify(serializeError(deserializeError(JSON.parse(text) as typeof data)))).toEqual(text)
      }),
      cases(300),
    )
  })

  test('is plain data that JSON and structuredClone can carry, whatever was thrown', () => {
    const options = { withBigInt: true, withNullPrototype: true, withDate: true, withMap: true, withSparseArray: true }
    fc.assert(
      fc.property(fc.anything(options), (thrown) => {
        for (const one of [
          thrown,
          new Error('cause', { cause: thrown }),
          Object.assign(new Error('own'), { thrown }),
        ]) {
          const data = serializeError(one)
          expect(typeof data.message).toBe('string')
          expect(structuredClone(data)).toEqual(data)
          const read: unknown = JSON.parse(JSON.stringify(data))
          expect(read).toEqual(data)
        }
      }),
      cases(300),
    )
  })

  test('is given back when it was a value that JSON can hold', () => {
    fc.assert(
      fc.property(json, (thrown) => {
        expect(deserializeError(serializeError(thrown))).toEqual(thrown)
      }),
      cases(100),
    )
  })

  test('ends when its causes go round in circles', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (length) => {
        const ring = Array.from({ length }, (_, i) => new Error(String(i)))
        ring.forEach((error, i) => (error.cause = ring[(i + 1) % length]))
        expect(JSON.stringify(serializeError(ring[0]))).toContain('"message":"0"')
      }),
      cases(10),
    )
  })
})
