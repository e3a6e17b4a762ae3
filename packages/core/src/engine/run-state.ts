import { callAt } from '../clock.ts'
import { Emitter } from '../emitter.ts'
import type { PipelineError } from '../errors.ts'
import type { GraphOwner } from '../graph.ts'
import type { Hooks } from '../hooks.ts'
import type { RunContext } from '../run-context.ts'
import type { RunReports, UndoCounts } from '../result.ts'
import type { RunOptions } from '../run-options.ts'
import { Gate } from './gate.ts'
import type { Host } from './host.ts'
import { offers } from './services.ts'

/** What all steps of a run share. */
export class RunState {
  readonly host: Host
  readonly owner: GraphOwner
  readonly options: RunOptions
  /** Whether somebody waits for the whole result; otherwise only what is not a plain success is kept for it. */
  kept: boolean
  /** Whether times are taken: clocks cost more than a step. */
  timed = false
  /** Whether it has begun: before that there is nothing to tell of it. */
  opened = false
  /** Bounds what runs at a time; `null` while nothing has to be bounded. */
  gate: Gate | null = null
  /** When the run began: epoch ms, and the monotonic clock then; 0 when times are not taken. */
  startedAt = 0
  startedMono = 0
  /** How long a stop waits for what does not return, ms; `null` for as long as it takes. */
  graceMs: number | null = null
  /** Whether another process goes on with it when this one is shut down. */
  resumable = false
  /** Whether a failure of the step at a path is isolated; `null` while none is for that. Must not throw. */
  isolates: ((stepId: string) => boolean) | null = null
  /** How its middleware knows it; `undefined` while there is none. */
  context: RunContext | undefined
  /** What it is going to end with, once that is an error. */
  ending: PipelineError | null = null
  /** Why nothing of it is undone any more: somebody else goes on with it. */
  interrupted: PipelineError | null = null
  /** Counts completions, to undo in reverse order. */
  completions = 0
  /** How many undos ran; `null` while none did. */
  undos: UndoCounts | null = null
  /** What plugins put into the result; `null` while that is nothing. */
  reports: Partial<RunReports> | null = null
  #id: string | undefined
  #events: Emitter | null = null
  #turn: number | null = null

  constructor(host: Host, owner: GraphOwner, options: RunOptions, recorded: boolean) {
    this.host = host
    this.owner = owner
    this.options = options
    this.kept = recorded
    this.#id = options.id
  }

  /** The run begins: from now on its times count, and those who observe now are served. */
  open(): void {
    const { clock, events } = this.host
    this.opened = true
    this.kept ||= this.observes('run:end')
    this.timed = this.kept || events.observed
    if (!this.timed) return
    this.startedAt = clock.now()
    this.startedMono = clock.monotonic()
  }

  /** Whether nothing is bounded, so that plain steps can take the short way. */
  get unbounded(): boolean {
    return this.gate === null && this.graceMs === null
  }

  get id(): string {
    return (this.#id ??= this.host.newId())
  }

  /** The events of this run; made when first asked for, until then those of the pipe serve. */
  get events(): Emitter {
    return (this.#events ??= new Emitter(this.host.report, this.host.events))
  }

  service(id: string): unknown {
    const { services } = this.options
    return services !== undefined && offers(services, id) ? services[id] : this.host.services[id]
  }

  /**
   * The monotonic time of this turn: of what settles a step and what starts next, until user code runs in between. A
   * clock costs as much as a step, so it is read once for both.
   */
  turn(): number {
    return (this.#turn ??= this.host.clock.monotonic())
  }

  /** User code is about to run: the time is to be read again. */
  endTurn(): void {
    this.#turn = null
  }

  /** Epoch ms. */
  now(): number {
    if (!this.timed) return this.host.clock.now()
    return this.epochOf(this.#turn ?? this.host.clock.monotonic())
  }

  /** Epoch ms, whole, of a time of the monotonic clock. */
  epochOf(mono: number): number {
    return Math.round(this.startedAt + (mono - this.startedMono))
  }

  get paused(): boolean {
    return this.gate?.paused === true
  }

  /** Lets nothing new start. */
  pause(): void {
    if (this.paused) return
    this.gate ??= new Gate(Infinity)
    this.gate.pause()
    if (this.opened) this.#tell('run:pause')
  }

  /** Ends a pause; those who observe are told before anything starts. */
  resume(): void {
    if (this.paused) this.gate!.resume(() => this.opened && this.#tell('run:resume'))
  }

  #tell(name: 'run:pause' | 'run:resume'): void {
    if (this.observes(name)) this.emit(name, { runId: this.id, at: this.now(), pipeline: this.owner.name })
  }

  /** Tells those who observe of a run that begins paused. */
  tellPaused(): void {
    if (this.paused) this.#tell('run:pause')
  }

  /** Whether a run that stops for this reason is not over, only here: nothing that it did is to be undone. */
  goesOnElsewhere(reason: PipelineError | null): boolean {
    return reason?.code === 'LEASE_LOST' || (reason?.code === 'SHUTDOWN' && this.resumable)
  }

  /** The run is to stop: undoing is left off when somebody else goes on with it. */
  interrupt(reason: PipelineError): void {
    if (this.goesOnElsewhere(reason)) this.interrupted ??= reason
  }

  /** Calls `giveUp` when the grace is over; answers with what forgets that. */
  afterGrace(giveUp: () => void): (() => void) | null {
    const { clock } = this.host
    return this.graceMs === null ? null : callAt(clock, clock.monotonic() + this.graceMs, giveUp)
  }

  /** Whether anybody observes `name`: asked before an event is made. */
  observes(name: keyof Hooks): boolean {
    return (this.#events ?? this.host.events).observes(name)
  }

  emit<E extends keyof Hooks>(name: E, ...event: Parameters<Hooks[E]>): void {
    ;(this.#events ?? this.host.events).emit(name, ...event)
  }
}
