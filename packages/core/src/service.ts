import { textOf } from './definition-check.ts'
import { PipelineError } from './errors.ts'

declare const TYPE: unique symbol

/** A typed name for something that is injected into steps: a database, a client, a configuration. */
export interface Service<Id extends string, T> {
  readonly id: Id
  readonly [TYPE]?: T
}

/**
 * Names a service. Steps list it in `uses`, the pipe or the run gives it in `services` under `id`.
 *
 * ```ts
 * const Db = service<Database>()('db')
 * ```
 * (Two calls, because TypeScript infers either all type arguments or none.)
 * @throws PipelineError `DEFINITION_INVALID` for an empty id
 */
export function service<T>(): <const Id extends string>(id: Id) => Service<Id, T> {
  return (id) => {
    if (typeof id === 'string' && id !== '') return Object.freeze({ id })
    throw new PipelineError('DEFINITION_INVALID', `The id of a service must be a non-empty string, got ${textOf(id)}.`)
  }
}

/** What a step lists in `uses`: local names and the services they stand for. */
export type Uses = Readonly<Record<string, Service<string, unknown>>>

/** The services of `uses`, by local name: what `ctx.use` is. */
export type Services<U> = { readonly [K in keyof U]: U[K] extends Service<string, infer T> ? T : never }

/** What `uses` requires of the pipe, as a union of `{ id: T }`. */
export type RequiredBy<U> = {
  // eslint-disable-next-line @typescript-eslint/consistent-indexed-object-style -- reads as `{ db: Database }` in messages
  [K in keyof U]: U[K] extends Service<infer Id, infer T> ? { readonly [P in Id]: T } : never
}[keyof U]
