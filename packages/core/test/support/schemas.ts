import type { Schema, SchemaResult } from '@pipe/core'

/** A schema made of a function, which may be async. */
export function schema<In, Out = In>(
  validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>,
): Schema<In, Out> {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

/** Accepts numeric strings, and makes numbers of them. */
export const numeric = schema<string, number>((value) =>
  typeof value === 'string' && /^\d+$/.test(value)
    ? { value: Number(value) }
    : { issues: [{ message: 'expected digits', path: ['amount', { key: 0 }] }] },
)

/** Like {@link numeric}, in its own time. */
export const numericLater = schema<string, number>(async (value) => numeric['~standard'].validate(value))
