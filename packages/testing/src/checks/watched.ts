import type { Awaitable, Decision, FailurePolicy, MiddlewareContext, Next, Plugin } from '@pipe/core'
import { replaced } from './probe.ts'

/** What a watched plugin did. */
export interface Sightings {
  /** Calls of `next` by a middleware that had answered already. */
  late: number
  /** The contexts that were handed to middleware, each with what the middleware handed on instead, if it did. */
  readonly handed: { readonly got: MiddlewareContext; readonly gave: MiddlewareContext | undefined }[]
  /** What policies decided. */
  readonly decisions: unknown[]
  /** What policies threw. */
  readonly thrown: unknown[]
}

type Middleware<C> = (ctx: C, next: Next<C>) => Awaitable<unknown>

/** `plugin`, with its middleware and policies watched. */
export function watched(plugin: Plugin): { readonly plugin: Plugin; readonly seen: Sightings } {
  const seen: Sightings = { late: 0, handed: [], decisions: [], thrown: [] }
  const watch = <C extends MiddlewareContext>(middleware: Middleware<C> | undefined): Middleware<C> | undefined => {
    if (middleware === undefined) return undefined
    return async (got, next) => {
      let answered = false
      try {
        return await middleware(got, (gave) => {
          seen.handed.push({ got, gave })
          if (answered) seen.late++
          return next(gave)
        })
      } finally {
        answered = true
      }
    }
  }
  const watchPolicy = (policy: FailurePolicy | undefined): FailurePolicy | undefined => {
    if (policy === undefined) return undefined
    return (failure): Decision | undefined => {
      try {
        const decision = policy(failure)
        seen.decisions.push(decision)
        return decision
      } catch (error) {
        seen.thrown.push(error)
        throw error
      }
    }
  }
  const watching = replaced(plugin, {
    step: (step) => watch(plugin.step?.(step)),
    attempt: (step) => watch(plugin.attempt?.(step)),
    policy: (step) => watchPolicy(plugin.policy?.(step)),
    undo: (step) => watch(plugin.undo?.(step)),
  })
  return { plugin: watching, seen }
}
