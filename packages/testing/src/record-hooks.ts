import { type Events, type Hooks, hookNames, type PipeEvent } from '@pipe/core'

/** What {@link recordHooks} has seen. */
export interface HookRecord {
  /** Every event so far, oldest first. */
  readonly events: readonly PipeEvent[]
  /** The events of one name. */
  of<E extends PipeEvent['type']>(name: E): readonly Extract<PipeEvent, { type: E }>[]
  /** Stops recording. */
  stop(): void
}

/**
 * Records what a pipe or a run tells its observers: the events of core, and those of plugins that are named in `more`.
 * Observing makes runs take times.
 */
export function recordHooks(observed: { readonly events: Events }, more: readonly (keyof Hooks)[] = []): HookRecord {
  const events: PipeEvent[] = []
  const names = [...hookNames, ...more]
  const listeners = names.map((name) => {
    const listener = (event: object) => {
      events.push({ type: name, ...event } as PipeEvent)
    }
    observed.events.on(name, listener)
    return () => observed.events.off(name, listener)
  })
  return {
    events,
    of: <E extends PipeEvent['type']>(name: E) =>
      events.filter((event): event is Extract<PipeEvent, { type: E }> => event.type === name),
    stop: () => {
      for (const forget of listeners) forget()
    },
  }
}
