import { lower, type LoweredNode, type LoweredProgram } from '../lower.ts'
import { digest, type LoopNode, type MapNode, type Program, type ProgramNode, type Work } from '../program.ts'
import { Job, type JobSpec, Scope } from './jobs.ts'
import type { State, Status, Undo } from './state.ts'

/** The steps of a pipeline. */
export class GraphScope extends Scope {
  readonly #graph: LoweredProgram
  readonly #input: unknown
  readonly #prefix: string
  readonly #status: (Status | 'waiting' | 'running')[]
  readonly #values: unknown[] = []

  constructor(
    model: State,
    graph: LoweredProgram,
    input: unknown,
    prefix: string,
    around: Job | null,
    done: (scope: Scope) => void,
  ) {
    super(model, around, done)
    this.#graph = graph
    this.#input = input
    this.#prefix = prefix
    this.#status = graph.nodes.map(() => 'waiting')
  }

  get output(): unknown {
    const { outputs, nodes } = this.#graph
    if (outputs.length === 1) return this.#values[outputs[0]!]
    return Object.fromEntries(outputs.map((i) => [nodes[i]!.id, this.#values[i]]))
  }

  get idle(): boolean {
    return this.#status.every((status) => status !== 'waiting' && status !== 'running')
  }

  offer(): void {
    const isSettled = (i: number) => this.#status[i] !== 'waiting' && this.#status[i] !== 'running'
    for (;;) {
      const i = this.#graph.nodes.findIndex(
        (node, at) => this.#status[at] === 'waiting' && node.waitsFor.every(isSettled),
      )
      if (i < 0 || this.stopped) return
      this.#status[i] = 'running'
      this.#begin(this.#graph.nodes[i]!, i)
    }
  }

  #begin(node: LoweredNode, i: number): void {
    const reads = node.reads.length === 0 ? [this.#input] : node.reads.map((from) => this.#values[from])
    const job = new Job(this, i, this.#prefix + node.id, specOf(node, digest(reads)))
    if (node.rescues >= 0 && this.#status[node.rescues] !== 'failed') return job.end('skipped', undefined, 'not-needed')
    if (node.chooses === null) return this.model.offer(job)
    const found = node.reads.find((from) => this.#status[from] === 'succeeded')
    const failed = node.reads.some((from) => this.#status[from] === 'failed')
    if (found !== undefined) job.end('succeeded', this.#values[found])
    else if (node.chooses === 'fallback' && failed) job.end('failed')
    else job.end('skipped', undefined, 'nothing-to-select')
  }

  settled(job: Job, status: Status, output: unknown, at: string): void {
    this.#status[job.index] = status
    if (status === 'succeeded') this.#values[job.index] = output
    if (status === 'failed' && !job.spec.optional) {
      this.failure ??= at
      this.#graph.nodes.forEach(({ waitsFor, id }, i) => {
        // Declared later than what it waits for, so one pass finds all that depend on it.
        const lost = waitsFor.some(
          (from) => from === job.index || this.model.isLost(this.#prefix + this.#graph.nodes[from]!.id),
        )
        if (lost && this.#status[i] === 'waiting') this.#never(i, id, 'skipped', 'upstream-failed')
      })
      if (this.model.settings.failure === 'fail-fast') this.stop()
    }
    this.sweep()
  }

  giveUp(): void {
    this.#graph.nodes.forEach(({ id }, i) => {
      if (this.#status[i] === 'waiting') this.#never(i, id, 'cancelled')
    })
  }

  #never(i: number, id: string, status: Status, reason?: string): void {
    this.#status[i] = status
    this.model.results.set(this.#prefix + id, { status, attempts: 0, ...(reason !== undefined && { reason }) })
  }
}

/** The items of a map. */
class MapScope extends Scope {
  readonly output: unknown[] = []
  readonly #map: Job
  readonly #node: MapNode
  readonly #items: number
  readonly #seed: number
  #active = 0
  #pulling = false
  #exhausted = false

  constructor(map: Job, node: MapNode, seed: number, done: (scope: Scope) => void) {
    super(map.model, map, done)
    this.#map = map
    this.#node = node
    this.#items = node.items.length
    this.#seed = seed
  }

  get idle(): boolean {
    return this.#active === 0 && (this.stopped || (this.#exhausted && !this.#pulling))
  }

  offer(): void {
    const most = Math.min(this.#node.limit, this.model.settings.concurrency)
    while (!this.stopped && !this.#exhausted && !this.#pulling && this.#active < most) {
      if (this.#node.source !== 'async-slow') this.#pulled()
      else {
        this.#pulling = true
        this.model.run(`next ${this.#map.path}`, null, false, () => {
          this.#pulling = false
          this.#pulled()
          this.sweep()
        })
      }
    }
  }

  #pulled(): void {
    const index = this.output.length
    const { items, source, breaks } = this.#node
    if (this.stopped) return
    if (index < this.#items) {
      this.output.push(undefined)
      this.#active++
      const path = `${this.#map.path}[k${index}]`
      const work = items[index]!
      this.model.offer(new Job(this, index, path, itemSpec(this.#node, work, `${this.#seed}.${index}`)))
      return
    }
    this.#exhausted = true
    if (source !== 'async-slow' || !breaks) return
    this.failure ??= this.#map.path
    this.stop()
  }

  settled(job: Job, status: Status, output: unknown, at: string): void {
    this.#active--
    if (status === 'succeeded') this.output[job.index] = output
    if (status === 'failed' && !this.#node.optionalItems) {
      this.failure ??= at
      if (this.model.settings.failure === 'fail-fast') this.stop()
    }
    this.sweep()
  }

  giveUp(): void {
    // Nothing is offered ahead of time.
  }

  override leave(): void {
    super.leave()
    this.model.running.delete(`next ${this.#map.path}`)
  }
}

function callOf(work: Work, argument: number): JobSpec['start'] {
  return (job) => {
    const { model, path } = job
    const call = (model.calls.get(path) ?? 0) + 1
    model.calls.set(path, call)
    model.run(path, job, work.signal === 'heeded', () => {
      // Once it was told to stop, one that heeds throws whatever it would have done.
      const throws = (work.throws[call - 1] ?? work.throws.at(-1)!) || (work.signal === 'heeded' && job.scope.stopped)
      if (throws) job.threw(path, [])
      else job.returned(`${path}#${call}:${argument}`, [])
    })
  }
}

function specOf(node: LoweredNode, argument: number): JobSpec {
  const { of, work, when, optional } = node
  // What a map has of options is meant for its items.
  const retries = of.kind === 'map' ? 0 : of.retries
  return { work, when, optional, retries, delay: of.delay, start: startOf(of, work, argument) }
}

function itemSpec(node: MapNode, work: Work, item: string): JobSpec {
  const { body, optionalItems, retries, delay } = node
  const common = { when: null, optional: optionalItems, retries, delay }
  if (body === null) return { ...common, work, start: callOf(work, digest(item)) }
  const start = (job: Job) => {
    job.model.forget(job.path)
    runs(body, job, item, job.path, (scope) => leave(job, scope))
  }
  return { ...common, work: null, start }
}

function startOf(node: ProgramNode, work: Work | null, argument: number): JobSpec['start'] {
  if (work !== null) return callOf(work, argument)
  return (job) => {
    job.model.forget(job.path)
    if (node.kind === 'call') runs(node.body, job, argument, job.path, (scope) => leave(job, scope))
    else if (node.kind === 'map') new MapScope(job, node, argument, (scope) => leave(job, scope)).sweep()
    else if (node.kind === 'loop') iterate(job, node, argument, 0, [])
  }
}

function iterate(job: Job, node: LoopNode, state: unknown, i: number, done: readonly Undo[]): void {
  if (i === node.max) return job.threw(job.path, done)
  runs(node.body, job, state, `${job.path}[${i}]`, (scope) => {
    const inside = [...done, ...scope.undo]
    if (scope.failure !== null || scope.stopped) job.threw(scope.failure ?? job.path, inside)
    else if (i + 1 >= node.until) job.returned(scope.output, inside)
    else iterate(job, node, scope.output, i + 1, inside)
  })
}

function runs(body: Program, job: Job, input: unknown, path: string, done: (scope: Scope) => void): void {
  new GraphScope(job.model, lower(body), input, `${path}/`, job, done).sweep()
}

/** What becomes of a job when what it runs has come to its end. */
function leave(job: Job, scope: Scope): void {
  if (scope.failure !== null || scope.stopped) job.threw(scope.failure ?? job.path, scope.undo)
  else job.returned(scope.output, scope.undo)
}
