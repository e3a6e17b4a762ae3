import type { Work } from '../program.ts'
import type { Startable, State, Status, Stoppable, Undo } from './state.ts'

/** What a job is to do, and what becomes of it when that fails. */
export interface JobSpec {
  readonly when: boolean | null
  readonly optional: boolean
  readonly retries: number
  readonly delay: number
  /** The function, or `null` for a job that runs others. */
  readonly work: Work | null
  readonly start: (job: Job) => void
}

/** A step or an item of a map, with all its attempts. */
export class Job implements Startable {
  attempt = 1
  attempts = 0
  /** Whether a function that was given up has not returned. */
  #astray = false
  readonly model: State
  readonly scope: Scope
  readonly index: number
  readonly path: string
  readonly spec: JobSpec

  constructor(scope: Scope, index: number, path: string, spec: JobSpec) {
    this.model = scope.model
    this.scope = scope
    this.index = index
    this.path = path
    this.spec = spec
  }

  get rank(): readonly number[] {
    return [...this.scope.rank, this.index]
  }

  /** It starts: its condition is asked, then its function is called. */
  enter(): void {
    this.model.ready.delete(this.path)
    if (this.spec.when === false && this.attempt === 1) return this.end('skipped', undefined, 'condition')
    this.attempts = this.attempt
    this.spec.start(this)
  }

  returned(value: unknown, inside: readonly Undo[]): void {
    const { scope, model, path, spec } = this
    scope.undo.push(...inside)
    if (spec.work !== null && spec.work.undo !== null)
      scope.undo.push({ order: model.completions++, path, how: spec.work.undo })
    this.end('succeeded', value)
  }

  /** Its attempt failed, at the step `at`. What was done inside is taken back first when the run goes on regardless. */
  threw(at: string, inside: readonly Undo[]): void {
    const { scope, model, spec } = this
    const again = this.attempt <= spec.retries
    const due = model.now + spec.delay
    const then = () => {
      if (scope.stopped) this.end('cancelled')
      else if (again) {
        this.attempt++
        if (this.#astray) model.waiting.add(this)
        else model.timers.push({ at: Math.max(due, model.now), job: this })
      } else this.end('failed', undefined, at)
    }
    if (!scope.stopped && (again || spec.optional)) return model.undoAll(inside, then)
    scope.undo.push(...inside)
    then()
  }

  /** Another attempt waits until the function has returned, and then until it is due. */
  abort(): void {
    const { model, path, spec } = this
    const due = model.now + spec.delay
    const running = model.running.get(path)!
    if (running.heeds) {
      model.running.delete(path)
      return this.threw(path, [])
    }
    this.#astray = true
    const returned = () => {
      this.#astray = false
      if (model.waiting.delete(this)) model.timers.push({ at: Math.max(due, model.now), job: this })
    }
    model.run(path, null, false, returned, true)
    this.threw(path, [])
  }

  end(status: Status, output?: unknown, reason?: string): void {
    const { attempts } = this
    this.model.results.set(this.path, {
      status,
      attempts,
      ...(status === 'succeeded' && { output }),
      ...(status === 'skipped' && reason !== undefined && { reason }),
    })
    this.scope.settled(this, status, output, reason ?? this.path)
  }
}

/** What jobs belong to: a graph or a map. */
export abstract class Scope implements Stoppable {
  stopped = false
  /** Path of the step that failed first. */
  failure: string | null = null
  readonly undo: Undo[] = []
  readonly model: State
  readonly rank: readonly number[]
  readonly #around: Job | null
  readonly #done: (scope: Scope) => void
  #ended = false

  constructor(model: State, around: Job | null, done: (scope: Scope) => void) {
    this.model = model
    this.rank = around?.rank ?? []
    this.#around = around
    this.#done = done
    model.scopes.add(this)
  }

  abstract get output(): unknown
  /** Whether nothing is left to do. */
  abstract get idle(): boolean
  /** Offers what may start. */
  abstract offer(): void
  abstract settled(job: Job, status: Status, output: unknown, at: string): void
  /** Gives up what was not offered yet. */
  abstract giveUp(): void
  /** It has ended. */
  leave(): void {
    this.model.scopes.delete(this)
  }

  /** Whether this scope is inside `other`. */
  isInside(other: Stoppable): boolean {
    const around = this.#around?.scope
    return around !== undefined && (around === other || around.isInside(other))
  }

  sweep(): void {
    if (!this.stopped) this.offer()
    if (this.#ended || !this.idle) return
    this.#ended = true
    this.leave()
    this.#done(this)
  }

  stop(): void {
    if (this.stopped) return
    this.stopped = true
    const { model } = this
    this.giveUp()
    for (const job of [...model.ready.values()].filter(({ scope }) => scope === this)) {
      model.ready.delete(job.path)
      job.end('cancelled')
    }
    for (const timer of model.timers.filter(({ job }) => job.scope === this)) {
      model.timers.splice(model.timers.indexOf(timer), 1)
      timer.job.end('cancelled')
    }
    for (const job of [...model.waiting].filter(({ scope }) => scope === this)) {
      model.waiting.delete(job)
      job.end('cancelled')
    }
    for (const { job, heeds, settle } of [...model.running.values()]) if (heeds && job?.scope === this) settle()
    for (const scope of [...model.scopes]) if (scope.isInside(this)) scope.stop()
    this.sweep()
  }
}
