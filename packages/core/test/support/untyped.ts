import { type AnyHandle, type Pipeline, pipeline } from '@pipe/core'

type Declare = (...args: readonly unknown[]) => AnyHandle
type Kind = 'step' | 'map' | 'call' | 'loop' | 'select' | 'fallback' | 'group'

/** What a definition declares its steps on, as plain JavaScript sees it: without types. */
export type UntypedSteps = Readonly<Record<Kind, Declare>>

/** `pipeline` as plain JavaScript sees it. */
export const untypedPipeline = pipeline as unknown as (...args: readonly unknown[]) => Pipeline<void, unknown>

/** Defines the pipeline `p`, and returns what `declare` declares. */
export function define(declare: (p: UntypedSteps, input: AnyHandle) => unknown): Pipeline<void, unknown> {
  return untypedPipeline('orders', {}, declare)
}
