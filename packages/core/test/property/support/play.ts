import { createPipe, type Plugin, type PipelineError, type Run, type RunResult } from '@pipe/core'
import { again } from './again.ts'
import { countListeners } from './count-listeners.ts'
import { ManualClock } from './manual-clock.ts'
import { isBefore, isFree, type Settings } from './model/state.ts'
import { Model } from './model/model.ts'
import type { Program } from './program.ts'
import { rest } from './rest.ts'
import { check, plain, same, told } from './same.ts'
import { World } from './world.ts'

/** How a program is run. */
export interface Setting extends Settings {
  /** With `run`, which records as little as it can; otherwise with `start`. */
  readonly bare?: boolean
  /** Whether the run may be paused, ticked and cancelled. */
  readonly control?: boolean
  /** Whether attempts may be given up at any moment, as when their time is up. */
  readonly aborts?: boolean
  readonly plugins?: readonly Plugin[]
}

/** What came of it. */
export interface Played {
  readonly result: RunResult
  readonly model: Model
  /** All that happened, in order. */
  readonly log: readonly string[]
}

/**
 * Runs a program for real and in the model, step by step: after each decision both must be at the same point.
 *
 * @param decisions which of the running functions returns next, and when the run is paused, ticked, cancelled; 0 when
 * they are used up
 */
export async function play(program: Program, setting: Setting, decisions: readonly number[]): Promise<Played> {
  const game = new Game(program, setting)
  for (let turn = 0; ; turn++) {
    if (turn > 2_000) throw new Error('It does not come to an end.')
    await rest()
    game.compare()
    if (game.over) {
      const played = game.end()
      const before = JSON.stringify(played.result)
      game.releaseAll()
      await rest()
      game.compare()
      same('result, later', JSON.stringify(played.result), before)
      return played
    }
    game.act(decisions[turn] ?? 0)
  }
}

/** A tick that is not over. It `waits` until something is ready that it can start. */
interface Tick {
  waits: boolean
  allowed: Set<string>
  readonly started: Set<string>
  done: boolean
}

class Game {
  readonly #setting: Setting
  readonly #model: Model
  readonly #world: World
  readonly #clock = new ManualClock()
  readonly #external = new AbortController()
  readonly #log: string[] = []
  readonly #run: Run<unknown> | null
  readonly #aborts = new Map<string, (reason: Error) => void>()
  readonly #aborting: Plugin = {
    name: 'aborting',
    attempt: () => (ctx, next) => {
      this.#aborts.set(ctx.stepId, ctx.abort)
      return next()
    },
  }
  readonly #listeners = countListeners(this.#external.signal)
  #result: RunResult | null = null
  #tick: Tick | null = null
  #waitingBefore: readonly string[] = []

  constructor(program: Program, setting: Setting) {
    const { concurrency, failure, aborts = false, bare = false } = setting
    const plugins = [again, ...(aborts ? [this.#aborting] : []), ...(setting.plugins ?? [])]
    this.#setting = setting
    this.#model = new Model(program, undefined, setting)
    this.#world = new World((path) => this.#log.push(path))
    const pipe = createPipe({
      plugins,
      clock: this.#clock,
      newId: () => 'id',
      onError: () => undefined,
    })
    const pipeline = this.#world.pipelineOf(program)
    const { signal } = this.#external
    const options = { failure, signal, ...(concurrency !== Infinity && { concurrency }) }
    if (bare) {
      this.#run = null
      pipe.run(pipeline, undefined, options).then(
        (output) => (this.#result = { ...nothing, status: 'succeeded', output }),
        (error: unknown) => (this.#result = (error as PipelineError).result ?? null),
      )
    } else {
      this.#run = pipe.start(pipeline, undefined, options)
      void this.#run.result.then((result) => (this.#result = result))
    }
    this.#model.begin()
  }

  get over(): boolean {
    return this.#model.outcome !== null
  }

  /** Lets something happen, in both. */
  act(decision: number): void {
    const model = this.#model
    this.#waitingBefore = [...model.ready.keys()]
    if (this.#setting.control === true && decision % 8 === 7) return this.#control((decision >> 3) % 8)
    const names = [...model.running.keys()]
    const choices = names.length + (model.timers.length > 0 ? 1 : 0)
    if (choices === 0) {
      check(model.paused, () => `Nothing can happen, and it is not over. Ready: ${[...model.ready.keys()].join()}`)
      return this.#resume()
    }
    const functions = names.filter((name) => model.running.get(name)?.job !== null)
    const given = functions[(decision >> 3) % functions.length]
    if (this.#setting.aborts === true && decision % 8 === 6 && given !== undefined) return this.#abort(given)
    const name = names[decision % choices]
    this.#log.push(`> ${name ?? 'fire'}`)
    if (name === undefined) {
      model.fire()
      this.#clock.fire()
    } else {
      model.running.get(name)!.settle()
      this.#world.release(name)
    }
  }

  #abort(path: string): void {
    this.#log.push(`> give up ${path}`)
    this.#model.running.get(path)!.job!.abort()
    this.#aborts.get(path)!(new Error('given up'))
  }

  #control(choice: number): void {
    const run = this.#run
    if (choice === 0 || run === null) {
      this.#log.push('> cancel')
      this.#model.cancel()
      if (run === null) this.#external.abort('enough')
      else run.cancel('enough')
    } else if (choice === 1) {
      this.#log.push('> abort')
      this.#model.cancel()
      this.#external.abort('enough')
    } else if (!this.#model.paused) {
      this.#log.push('> pause')
      this.#model.pause()
      run.pause()
    } else if (choice < 4 || this.#tick !== null) this.#resume()
    else {
      this.#log.push('> tick')
      const tick: Tick = { waits: true, allowed: new Set(), started: new Set(), done: false }
      this.#tick = tick
      this.#startTick(tick)
      void run.tick().then(() => (tick.done = true))
    }
  }

  /** What a tick starts is what is ready when there is something, and room for it. */
  #startTick(tick: Tick): void {
    const { ready } = this.#model
    const room = this.#active < this.#setting.concurrency
    if (!tick.waits || ![...ready.values()].some((job) => room || isFree(job))) return
    tick.waits = false
    tick.allowed = new Set(ready.keys())
    this.#model.enterFree()
  }

  #resume(): void {
    this.#log.push('> resume')
    this.#tick = null
    this.#model.resume()
    this.#run?.resume()
  }

  /** Functions that were given up return after the end. */
  releaseAll(): void {
    for (const [name, { settle }] of [...this.#model.running]) {
      settle()
      this.#world.release(name)
    }
  }

  /** Both must be at the same point. */
  compare(): void {
    const model = this.#model
    const world = this.#world
    if (this.#tick !== null && model.paused) this.#startTick(this.#tick)
    for (const { path, attempt } of world.takeStarted()) this.#started(path, attempt)
    this.#checkWaiting()
    check(world.wrongs.length === 0, () => world.wrongs.join('\n'))
    const [real, expected] = [[...world.running.keys()].sort(), [...model.running.keys()].sort()]
    check(real.join() === expected.join(), () => `Running: ${real.join()}; expected: ${expected.join()}.`)
    for (const [path, signal] of world.signals) {
      const running = model.running.get(path)
      const stopped = running?.aborted === true || running?.job?.scope.stopped === true
      check(signal.aborted === stopped, () => `The signal of ${path} is ${signal.aborted ? 'aborted' : 'quiet'}.`)
    }
    check(this.#clock.timers === model.timers.length, () => `${this.#clock.timers} timers, not ${model.timers.length}.`)
    check((this.#result !== null) === this.over, () => (this.over ? 'It should have ended.' : 'It ended too early.'))
  }

  #started(path: string, attempt: number): void {
    const model = this.#model
    const job = model.ready.get(path)
    if (job === undefined) throw new Error(`${path} started, although it should not.`)
    check(attempt === job.attempt, () => `${path} was told attempt ${attempt}, not ${job.attempt}.`)
    if (model.paused) {
      check(this.#tick?.allowed.has(path) === true, () => `${path} started while the run is paused.`)
      this.#tick?.started.add(path)
    }
    const first = this.#waitingBefore.find((other) => {
      const waiting = model.ready.get(other)
      return waiting !== undefined && !isFree(waiting) && isBefore(waiting.rank, job.rank)
    })
    check(first === undefined, () => `${path} started before ${first}, which was waiting and is declared before it.`)
    job.enter()
    check(this.#active <= this.#setting.concurrency, () => `${this.#active} functions run at a time.`)
  }

  get #active(): number {
    return [...this.#model.running.values()].filter(({ job }) => job !== null).length
  }

  /** Nothing waits that could have started. */
  #checkWaiting(): void {
    const { paused, ready } = this.#model
    const tick = this.#tick
    // A tick starts what was ready then, as far as the limit allows; later nothing starts.
    const late = [...ready.keys()].filter((path) => !paused || tick?.allowed.has(path) === true)
    tick?.allowed.clear()
    const full = this.#active === this.#setting.concurrency
    check(late.length === 0 || full, () => `${late.join()} should have started.`)
    if (tick === null) return
    if (this.#active === 0 && !tick.waits && ready.size > 0) check(tick.done, () => 'The tick should be over.')
    const runs = [...tick.started].some((path) => (this.#model.running.get(path)?.job ?? null) !== null)
    if (runs) check(!tick.done, () => 'The tick is over although what it started is running.')
    if (tick.done) this.#tick = null
  }

  end(): Played {
    const { outcome, results } = this.#model
    const result = this.#result
    if (result === null || outcome === null) throw new Error('It did not end.')
    check(this.#clock.timers === 0, () => 'A timer is left.')
    check(this.#listeners.count === 0, () => `${this.#listeners.count} listeners are left on the signal.`)
    same('status', result.status, outcome.status)
    same('output', plain(result.output), plain(outcome.output))
    if (outcome.status === 'failed') same('failed step', result.error?.['step'], outcome.step)
    if (this.#setting.bare !== true) same('steps', Object.keys(result.steps).sort(), [...results.keys()].sort())
    for (const [path, step] of Object.entries(result.steps)) same(path, plain(told(step)), plain(results.get(path)))
    const text = JSON.stringify(result)
    same('JSON', JSON.stringify(JSON.parse(text)), text)
    return { result, model: this.#model, log: this.#log }
  }
}

const nothing = { runId: 'id', pipeline: 'random', steps: {}, startedAt: 0, finishedAt: 0, durationMs: 0 }
