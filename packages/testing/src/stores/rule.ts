import { type Awaitable, PipelineError } from '@pipe/core'
// With the types of @pipe/state come its error codes.
import type {} from '@pipe/state'
import { told } from '../finding.ts'
import { onStage, type Stage } from './stage.ts'
import type { StoreBackend } from './store-check.ts'

/** A store as the rules take it. */
export interface StoreSubject {
  /** How messages call it. */
  readonly name: string
  /** Makes a backend with nothing in it. */
  readonly make: () => Awaitable<StoreBackend>
  readonly histories: number
}

/** One rule of the contract of stores. */
export interface StoreRule {
  /** The rule, as the rest of a sentence about a store. */
  readonly name: string
  /** Resolves when the store keeps the rule; rejects otherwise. */
  readonly check: (stage: Stage, subject: StoreSubject) => Promise<void>
}

/**
 * Holds a store to a rule.
 *
 * @throws PipelineError `STORE_UNFIT` when it breaks the rule
 */
export async function holdTo({ name, check }: StoreRule, subject: StoreSubject): Promise<void> {
  try {
    await onStage(subject.make, (stage) => check(stage, subject))
  } catch (thrown) {
    const { message, ...details } = told(thrown, `Store "${subject.name}" breaks a rule: a store ${name}`)
    throw new PipelineError('STORE_UNFIT', message, details)
  }
}
