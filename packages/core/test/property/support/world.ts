import { type AnyHandle, idOf, type Pipeline, type StepContext } from '@pipe/core'
import { type UntypedSteps, untypedPipeline } from '../../support/untyped.ts'
import { digest, type MapNode, type Program, type ProgramNode, sinksOf, type Work } from './program.ts'

/**
 * The user code of a program: each function, undo and slow source waits until the test lets it go on. Everything it
 * sees is noted.
 */
export class World {
  /** What is running, by path; undo functions as `undo <path>`, slow sources as `next <path>`. */
  readonly running = new Map<string, () => void>()
  /** Signals of the running functions that looked at theirs. */
  readonly signals = new Map<string, AbortSignal>()
  /** What must never happen. */
  readonly wrongs: string[] = []
  readonly #calls = new Map<string, number>()
  readonly #outputs = new Map<string, unknown>()
  #started: { readonly path: string; readonly attempt: number }[] = []
  readonly #onStart: (path: string) => void
  readonly #isSynchronous: (path: string) => boolean

  /** @param isSynchronous which functions do not wait, but return or throw at once */
  constructor(onStart: (path: string) => void, isSynchronous: (path: string) => boolean = () => false) {
    this.#onStart = onStart
    this.#isSynchronous = isSynchronous
  }

  /** Functions that were called since the last time. */
  takeStarted(): readonly { readonly path: string; readonly attempt: number }[] {
    return this.#started.splice(0)
  }

  release(name: string): void {
    const go = this.running.get(name)
    if (go === undefined) this.wrongs.push(`${name} is not running`)
    else go()
  }

  pipelineOf(program: Program, name = 'random'): Pipeline<void, unknown> {
    return untypedPipeline(name, {}, (p: UntypedSteps, input: AnyHandle) => {
      const handles: AnyHandle[] = []
      program.nodes.forEach((node, i) => handles.push(this.#declare(p, input, handles, node, `s${i}`)))
      const sinks = sinksOf(program)
      if (sinks.length === 1) return handles[sinks[0]!]
      return Object.fromEntries(sinks.map((i) => [`s${i}`, handles[i]!]))
    })
  }

  #declare(p: UntypedSteps, input: AnyHandle, handles: readonly AnyHandle[], node: ProgramNode, id: string): AnyHandle {
    const read = node.needs.map((i) => handles[i]!)
    if (node.kind === 'select') return p.select(id, read)
    const { when, optional, retries, delay } = node
    const spec = {
      needs: read.length === 0 ? { input } : Object.fromEntries(read.map((handle) => [idOf(handle), handle])),
      after: node.after.map((i) => handles[i]!),
      ...(when !== null && { when: () => when }),
      ...(optional && { optional }),
      ...(retries > 0 && { again: { retries, delay } }),
    }
    const toInput = (needs: object) => digest(Object.values(needs))
    switch (node.kind) {
      case 'step':
        return p.step(id, { ...spec, ...this.#codeOf(node.work) })
      case 'fallback': {
        const alternatives = node.alternatives.map((work, j) => [`a${j}`, this.#codeOf(work)])
        return p.fallback(id, { ...spec, alternatives: Object.fromEntries(alternatives) as object })
      }
      case 'call':
        return p.call(id, this.pipelineOf(node.body, `body of ${id}`), { ...spec, input: toInput })
      case 'loop': {
        const until = (_: unknown, iterations: number) => iterations >= node.until
        return p.loop(id, this.pipelineOf(node.body, `body of ${id}`), {
          ...spec,
          input: toInput,
          until,
          max: node.max,
        })
      }
      case 'map':
        return p.map(id, {
          ...spec,
          over: (needs: object) => this.#sourceOf(node, id, toInput(needs)),
          key: (_: unknown, index: number) => `k${index}`,
          concurrency: node.limit,
          optionalItems: node.optionalItems,
          ...(node.body === null ? this.#itemsOf(node) : { run: this.pipelineOf(node.body, `body of ${id}`) }),
        })
    }
  }

  #codeOf(work: Work): object {
    return {
      run: (needs: object, ctx: StepContext) => this.#call(work, digest(Object.values(needs)), ctx),
      ...(work.undo !== null && { undo: (output: unknown, ctx: StepContext) => this.#takeBack(work, output, ctx) }),
    }
  }

  #itemsOf({ items }: MapNode): object {
    const workOf = (key: string | undefined) => items[Number(key?.slice(1))]!
    const undo = (output: unknown, ctx: StepContext) => {
      const work = workOf(ctx.key)
      return work.undo === null ? undefined : this.#takeBack(work, output, ctx)
    }
    return {
      run: (item: unknown, ctx: StepContext) => this.#call(workOf(ctx.key), digest(item), ctx),
      ...(items.some((work) => work.undo !== null) && { undo }),
    }
  }

  #call(work: Work, argument: number, ctx: StepContext): Promise<string> | string {
    const path = ctx.stepId
    this.#started.push({ path, attempt: ctx.attempt })
    this.#onStart(path)
    const call = (this.#calls.get(path) ?? 0) + 1
    this.#calls.set(path, call)
    const output = `${path}#${call}:${argument}`
    const throws = work.throws[call - 1] ?? work.throws.at(-1)!
    if (this.#isSynchronous(path)) {
      if (throws) throw new Error(output)
      this.#outputs.set(path, output)
      return output
    }
    return new Promise((resolve, reject) => {
      const { signal } = work.signal === 'ignored' ? { signal: null } : ctx
      const over = () => {
        signal?.removeEventListener('abort', heed)
        this.signals.delete(path)
      }
      const heed = () => {
        this.running.delete(path)
        over()
        reject(signal?.reason as Error)
      }
      if (signal !== null) this.signals.set(path, signal)
      if (work.signal === 'heeded') signal?.addEventListener('abort', heed)
      this.#hold(path, () => {
        over()
        this.#outputs.set(path, output)
        if (throws) reject(new Error(output))
        else resolve(output)
      })
    })
  }

  #takeBack(work: Work, output: unknown, { stepId }: StepContext): Promise<void> {
    if (output !== this.#outputs.get(stepId)) this.wrongs.push(`undo of ${stepId} got ${String(output)}`)
    return new Promise((resolve, reject) => {
      this.#hold(`undo ${stepId}`, () => {
        if (work.undo === 'throws') reject(new Error(`undo of ${stepId}`))
        else resolve()
      })
    })
  }

  #hold(name: string, go: () => void): void {
    if (this.running.has(name)) this.wrongs.push(`${name} runs twice at a time`)
    this.running.set(name, () => {
      this.running.delete(name)
      go()
    })
  }

  #sourceOf({ source, items, breaks }: MapNode, id: string, seed: number): Iterable<string> | AsyncIterable<string> {
    const list = items.map((_, i) => `${seed}.${i}`)
    if (source === 'array') return list
    if (source === 'iterable') return list.values()
    if (source === 'async') return asyncOf(list)
    let at = 0
    let over = false
    const next = () =>
      new Promise<IteratorResult<string, undefined>>((resolve, reject) => {
        if (over) this.wrongs.push(`the source of ${id} was read after its end`)
        this.#hold(`next ${id}`, () => {
          if (at < list.length) return resolve({ done: false, value: list[at++]! })
          over = true
          if (breaks) reject(new Error('broken'))
          else resolve({ done: true, value: undefined })
        })
      })
    const close = async () => {
      if (over) this.wrongs.push(`the source of ${id} was closed after its end`)
      over = true
      this.running.delete(`next ${id}`)
      return { done: true, value: undefined } as const
    }
    return { [Symbol.asyncIterator]: () => ({ next, return: close }) }
  }
}

async function* asyncOf(list: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* list
}
