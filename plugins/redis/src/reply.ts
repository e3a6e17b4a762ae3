import { PipelineError } from '@pipe/core'

/** What scripts answer, as strings and lists. Clients can be told to answer whole numbers as strings. */

/** The error for what the store cannot have asked for. */
export const strange = (reply: unknown): PipelineError =>
  new PipelineError(
    'STORE_UNFIT',
    `The redis store cannot work: a ${typeof reply} came back where it had written something else. Its keys are for nobody else, and the client must not change what it sends.`,
  )

/** @throws PipelineError `STORE_UNFIT` when it is no list */
export function listOf(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply
  throw strange(reply)
}

/** @throws PipelineError `STORE_UNFIT` when it is no string */
export function textOf(reply: unknown): string {
  if (typeof reply === 'string') return reply
  throw strange(reply)
}

/** Whether a script answered 1. */
export const isOne = (reply: unknown): boolean => Number(reply) === 1

/** Fields and their values, however the version of the protocol arranges them. */
export function recordOf(reply: unknown): Readonly<Record<string, unknown>> {
  if (reply instanceof Map) return Object.fromEntries<unknown>(reply)
  if (typeof reply === 'object' && reply !== null && !Array.isArray(reply)) return { ...reply }
  const flat = listOf(reply)
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[String(name), flat[at + 1]]] : [])))
}
