import type { GraphOwner } from '../graph.ts'
import type { HookMap, Hooks } from '../hooks.ts'
import { Emitter } from '../emitter.ts'
import type { Gate } from './gate.ts'
import type { Host } from './host.ts'

/** What the caller of a run decides for the whole run. */
export interface RunSettings {
  readonly id?: string | undefined
  readonly services?: Readonly<Record<string, unknown>> | undefined
  readonly context?: Readonly<Record<string, unknown>> | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly failure?: 'fail-fast' | 'continue' | undefined
}

const EMPTY = Object.freeze({})

/** What all steps of a run share. */
export class RunState {
  readonly host: Host
  readonly owner: GraphOwner
  readonly services: Readonly<Record<string, unknown>>
  readonly context: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  readonly failFast: boolean
  /** Whether times and inner results are kept: clocks cost more than a step. */
  readonly recorded: boolean
  /** Whether times are taken; decided when the run begins. */
  timed: boolean
  /** Bounds what runs at a time; `null` while nothing has to be bounded. */
  gate: Gate | null = null
  /** When the run began: epoch ms, and the monotonic clock then. */
  readonly startedAt: number
  readonly startedMono: number
  /** Counts completions, to undo in reverse order. */
  completions = 0
  #id: string | undefined
  #events: Emitter | null = null

  constructor(host: Host, owner: GraphOwner, settings: RunSettings, recorded: boolean) {
    this.host = host
    this.owner = owner
    this.services = settings.services === undefined ? host.services : { ...host.services, ...settings.services }
    this.context = settings.context ?? EMPTY
    this.tags = settings.tags ?? EMPTY
    this.failFast = settings.failure !== 'continue'
    this.recorded = recorded
    this.timed = recorded || host.events.observed
    this.startedAt = host.clock.now()
    this.startedMono = this.timed ? host.clock.monotonic() : 0
    this.#id = settings.id
  }

  get id(): string {
    return (this.#id ??= this.host.newId())
  }

  /** The events of this run; made when first asked for, until then those of the pipe serve. */
  get events(): Emitter {
    return (this.#events ??= new Emitter(this.host.report, this.host.events))
  }

  /** Epoch ms of a time of the monotonic clock. */
  epochOf(mono: number): number {
    return this.startedAt + (mono - this.startedMono)
  }

  /** Whether anybody observes `name`: asked before an event is made. */
  observes(name: keyof HookMap): boolean {
    return (this.#events ?? this.host.events).observes(name)
  }

  emit<E extends keyof HookMap>(name: E, event: Omit<Parameters<Hooks[E]>[0], 'runId' | 'at'>): void {
    const at = this.host.clock.now()
    const whole = { runId: this.id, at, ...event } as unknown as Parameters<Hooks[E]>[0]
    ;(this.#events ?? this.host.events).emit(name, ...([whole] as unknown as Parameters<Hooks[E]>))
  }
}
