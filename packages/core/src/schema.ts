import type { ErrorCode } from './codes.ts'
import { messageOf, PipelineError, type PipelineErrorDetails } from './errors.ts'
import { isThenable } from './thenable.ts'

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema says of a value. */
export type SchemaResult<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/**
 * A Standard Schema, version 1 (https://standardschema.dev): what zod, valibot, arktype and others implement. Only the
 * `~standard` property is used, so that no type of a schema library is matched.
 */
export interface Schema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    readonly types?: { readonly input: In; readonly output: Out } | undefined
  }
}

/** The type a schema accepts. */
export type InputOf<S extends Schema> = NonNullable<S['~standard']['types']>['input']
/** The type a schema returns. */
export type OutputOf<S extends Schema> = NonNullable<S['~standard']['types']>['output']

const unchecked: Schema = {
  '~standard': { version: 1, vendor: 'pipe', validate: (value) => ({ value }) },
}

/** A schema that checks nothing at run time and only carries the type `T`. */
export function type<T>(): Schema<T> {
  return unchecked as Schema<T>
}

/** Whether `value` is a Standard Schema. */
export function isSchema(value: unknown): value is Schema {
  const standard = (value as Partial<Schema> | null | undefined)?.['~standard']
  return typeof standard?.validate === 'function'
}

/** The schema when it checks something; `null` for none and for {@link type}. */
export function checkedSchema(schema: Schema | undefined): Schema | null {
  return schema === undefined || schema === unchecked ? null : schema
}

function lineOf({ message, path }: SchemaIssue): string {
  const where = path?.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return where === undefined || where === '' ? message : `${where}: ${message}`
}

/**
 * Checks `value`, and returns what the schema makes of it; a promise only when the schema answers with one.
 *
 * @throws PipelineError with `code`; its cause is an error whose `issues` are the schema's
 */
export function validate(
  schema: Schema,
  value: unknown,
  code: ErrorCode,
  what: string,
  details: PipelineErrorDetails,
): unknown {
  const refuse = (text: string, cause: Error): never => {
    throw new PipelineError(code, `${what} is invalid: ${text}`, { ...details, cause })
  }
  const judge = (result: SchemaResult<unknown> | null | undefined) => {
    if (typeof result !== 'object' || result === null)
      return refuse('its schema answered nothing', new TypeError(`The schema answered ${messageOf(result)}.`))
    if (result.issues === undefined) return result.value
    const text = result.issues.map(lineOf).join('; ')
    return refuse(text, Object.assign(new Error(text), { issues: result.issues }))
  }
  const broken = (thrown: unknown) => refuse(`its schema threw: ${messageOf(thrown)}`, thrown as Error)
  let result: unknown
  try {
    result = schema['~standard'].validate(value)
  } catch (thrown) {
    return broken(thrown)
  }
  if (!isThenable(result)) return judge(result as SchemaResult<unknown>)
  return Promise.resolve(result).then((settled) => judge(settled as SchemaResult<unknown>), broken)
}
