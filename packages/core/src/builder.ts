import { PipelineError } from './errors.ts'
import {
  type Graph,
  type GraphNode,
  type GraphOutput,
  type GraphOwner,
  INPUT,
  type NodeCode,
  predecessors,
} from './graph.ts'
import type { AnyHandle } from './handle.ts'
import type { Schema } from './schema.ts'

/** A specification as it comes from the user, whatever its kind. The typed view is {@link Steps}. */
type Spec = Readonly<Record<string, unknown>>

/** Keys of a specification that the kernel owns; all others belong to plugins. */
const OWN = new Set(
  'needs after when optional version uses run undo output over key concurrency optionalItems pipeline input until max alternatives steps'.split(
    ' ',
  ),
)

/** A handle at run time: an id, and for the builder where it comes from. */
class NodeHandle {
  readonly id: string
  readonly #owner: GraphBuilder
  readonly #index: number
  constructor(owner: GraphBuilder, id: string, index: number) {
    this.id = id
    this.#owner = owner
    this.#index = index
  }
  /** Index of the node when `handle` is one of `owner`, otherwise `undefined`. */
  static indexIn(owner: GraphBuilder, handle: unknown): number | undefined {
    return handle instanceof NodeHandle && handle.#owner === owner ? handle.#index : undefined
  }
}

const isRecord = (value: unknown): value is Spec => typeof value === 'object' && value !== null

export function isGraphOwner(value: unknown): value is GraphOwner {
  return isRecord(value) && isRecord(value['graph']) && Array.isArray(value['graph']['nodes'])
}

/** Collects the steps that a definition declares, checks them, and freezes them into a {@link Graph}. */
export class GraphBuilder {
  readonly #pipeline: string
  readonly #nodes: GraphNode[] = []
  readonly #ids = new Set<string>()
  #closed = false
  readonly input = this.#handle('input', INPUT)

  constructor(pipeline: string) {
    this.#pipeline = pipeline
  }

  step(id: string, spec: Spec): AnyHandle {
    return this.#add('step', this.#own(id), spec, { run: this.#fn(id, spec, 'run') })
  }

  map(id: string, spec: Spec): AnyHandle {
    const inner = isGraphOwner(spec['run']) ? spec['run'] : undefined
    const limit = spec['concurrency'] ?? Infinity
    if (!(limit === Infinity || (Number.isInteger(limit) && (limit as number) > 0))) {
      this.#fail(id, `\`concurrency\` must be a whole number from 1 up, got ${String(limit)}`, 'OPTION_INVALID')
    }
    return this.#add(
      'map',
      this.#own(id),
      spec,
      {
        over: this.#fn(id, spec, 'over'),
        ...(inner === undefined && { run: this.#fn(id, spec, 'run') }),
        ...(spec['key'] !== undefined && { key: this.#fn(id, spec, 'key') }),
      },
      { inner, limit: limit as number, optionalItems: spec['optionalItems'] === true },
    )
  }

  call(id: string, pipeline: unknown, spec: Spec = {}): AnyHandle {
    const code = spec['input'] === undefined ? {} : { input: this.#fn(id, spec, 'input') }
    return this.#add('call', this.#own(id), spec, code, { inner: this.#inner(id, pipeline) })
  }

  loop(id: string, pipeline: unknown, spec: Spec): AnyHandle {
    const limit = spec['max']
    if (!(Number.isInteger(limit) && (limit as number) > 0)) {
      this.#fail(id, `\`max\` must be a whole number from 1 up, got ${String(limit)}`, 'OPTION_INVALID')
    }
    return this.#add(
      'loop',
      this.#own(id),
      spec,
      { input: this.#fn(id, spec, 'input'), until: this.#fn(id, spec, 'until') },
      { inner: this.#inner(id, pipeline), limit: limit as number },
    )
  }

  select(id: string, handles: readonly unknown[], spec: Spec = {}): AnyHandle {
    if (!Array.isArray(handles) || handles.length === 0)
      this.#fail(id, '`select` takes an array of one or more handles')
    return this.#add('select', this.#own(id), { ...spec, needs: handles }, {})
  }

  fallback(id: string, spec: Spec): AnyHandle {
    this.#own(id)
    const { alternatives, when, optional, output, ...shared } = spec
    if (!isRecord(alternatives) || Object.keys(alternatives).length === 0) {
      return this.#fail(id, '`alternatives` must be a record of one or more functions or steps')
    }
    const tried: AnyHandle[] = []
    for (const [name, alternative] of Object.entries(alternatives)) {
      const own = typeof alternative === 'function' ? { run: alternative } : alternative
      const path = `${id}/${this.#valid(name)}`
      if (!isRecord(own)) return this.#fail(path, 'an alternative must be a function or a step')
      const code = { run: this.#fn(path, own, 'run') }
      // Each alternative may fail: the next one answers for it, and the fallback itself for the last one.
      const alternativeSpec = { ...shared, ...(tried.length === 0 && { when }), ...own, optional: true, output }
      const previous = tried.at(-1)
      const rescues = previous === undefined ? -1 : this.#indexOf(id, previous, 'alternatives')
      tried.push(this.#add('step', this.#own(path, path), alternativeSpec, code, { rescues }))
    }
    return this.#add('fallback', id, { needs: tried, optional }, {})
  }

  group(id: string, spec: Spec): Readonly<Record<string, AnyHandle>> {
    this.#own(id)
    const { steps, ...shared } = spec
    if (!isRecord(steps)) return this.#fail(id, '`steps` must be a record of functions or steps')
    return Object.fromEntries(
      Object.entries(steps).map(([name, step]) => {
        const path = `${id}/${this.#valid(name)}`
        const own = typeof step === 'function' ? { run: step } : step
        if (!isRecord(own)) return this.#fail(path, 'a step of a group must be a function or a step')
        return [
          name,
          this.#add('step', this.#own(path, path), { ...shared, ...own }, { run: this.#fn(path, own, 'run') }),
        ]
      }),
    )
  }

  /** Freezes the graph; `returned` is what the definition returned. */
  finish(returned: unknown): Graph {
    this.#closed = true
    if (isRecord(returned) && typeof returned['then'] === 'function') {
      this.#fail(undefined, 'the definition returned a promise; it only describes the steps and must be synchronous')
    }
    const output = this.#outputOf(returned)
    this.#checkReachable(output)
    return Object.freeze({ nodes: Object.freeze(this.#nodes), output })
  }

  #outputOf(returned: unknown): GraphOutput {
    const index = NodeHandle.indexIn(this, returned)
    if (index !== undefined) return Object.freeze({ names: null, sources: [index], single: true })
    if (!isRecord(returned)) this.#fail(undefined, 'the definition must return a handle or a record of handles')
    return Object.freeze({ ...this.#read(undefined, returned, 'the returned record'), single: false })
  }

  #checkReachable(output: GraphOutput): void {
    const reached = new Set(output.sources)
    for (let i = this.#nodes.length - 1; i >= 0; i--) {
      if (reached.has(i)) for (const j of predecessors(this.#nodes[i]!)) reached.add(j)
    }
    const lost = this.#nodes.filter((node) => !reached.has(node.index)).map((node) => `"${node.id}"`)
    if (lost.length === 0) return
    this.#fail(
      undefined,
      `nothing leads from the returned handles to ${lost.join(', ')}: return the handle, or let a step need it or come after it`,
      'STEP_UNREACHABLE',
    )
  }

  #add(
    kind: GraphNode['kind'],
    id: string,
    spec: Spec,
    code: NodeCode,
    more: Partial<Pick<GraphNode, 'inner' | 'limit' | 'optionalItems' | 'rescues'>> = {},
  ): AnyHandle {
    if (this.#closed) this.#fail(id, 'steps are declared while the definition runs, not later')
    const index = this.#nodes.length
    const after = (spec['after'] ?? []) as readonly unknown[]
    if (!Array.isArray(after)) this.#fail(id, '`after` must be an array of handles')
    const node: GraphNode = {
      index,
      id,
      kind,
      ...this.#read(id, spec['needs'] ?? { input: this.input }, '`needs`'),
      after: after.map((handle) => this.#indexOf(id, handle, '`after`')),
      rescues: more.rescues ?? -1,
      optional: spec['optional'] === true,
      uses: this.#uses(id, spec['uses'] ?? {}),
      options: Object.fromEntries(Object.entries(spec).filter(([key, value]) => !OWN.has(key) && value !== undefined)),
      version: spec['version'] as string | undefined,
      limit: more.limit ?? 0,
      optionalItems: more.optionalItems ?? false,
      output: spec['output'] as Schema | undefined,
      inner: more.inner,
      code: {
        ...code,
        ...(spec['when'] !== undefined && { when: this.#fn(id, spec, 'when') }),
        ...(spec['undo'] !== undefined && { undo: this.#fn(id, spec, 'undo') }),
      },
    }
    this.#nodes.push(Object.freeze(node))
    return this.#handle(id, index)
  }

  #handle(id: string, index: number): AnyHandle {
    // A handle's types are phantom: there is nothing at run time to show for them.
    return Object.freeze(new NodeHandle(this, id, index)) as unknown as AnyHandle
  }

  /** Takes `id` for a step of this pipeline. `path` is given for the inner ids of groups and fallbacks. */
  #own(id: string, path = this.#valid(id)): string {
    if (this.#ids.has(path)) this.#fail(path, 'there is already a step with this id; ids are unique', 'STEP_DUPLICATE')
    this.#ids.add(path)
    return path
  }

  #valid(id: string): string {
    if (typeof id === 'string' && /^[^/[\]]+$/.test(id) && id !== '__proto__') return id
    return this.#fail(id, 'an id is a non-empty string without `/`, `[` and `]`')
  }

  #read(id: string | undefined, handles: unknown, where: string): Pick<GraphNode, 'names' | 'sources'> {
    if (!isRecord(handles)) this.#fail(id, `${where} must be a record or an array of handles`)
    const sources = Object.values(handles).map((handle) => this.#indexOf(id, handle, where))
    return { names: Array.isArray(handles) ? null : Object.keys(handles), sources }
  }

  #indexOf(id: string | undefined, handle: unknown, where: string): number {
    const index = NodeHandle.indexIn(this, handle)
    if (index !== undefined) return index
    if (handle instanceof NodeHandle) {
      this.#fail(id, `${where} holds the handle "${handle.id}" of another pipeline`, 'HANDLE_FOREIGN')
    }
    return this.#fail(id, `${where} holds something that is not a handle: ${String(handle)}`)
  }

  #uses(id: string, uses: unknown): Readonly<Record<string, string>> {
    if (!isRecord(uses)) this.#fail(id, '`uses` must be a record of services')
    return Object.fromEntries(
      Object.entries(uses).map(([name, service]) => {
        if (isRecord(service) && typeof service['id'] === 'string') return [name, service['id']]
        return this.#fail(id, `\`uses.${name}\` is not a service`)
      }),
    )
  }

  #inner(id: string, pipeline: unknown): GraphOwner {
    return isGraphOwner(pipeline) ? pipeline : this.#fail(id, 'expected a pipeline')
  }

  #fn(id: string, spec: Spec, key: string): (...args: never[]) => unknown {
    const value = spec[key]
    if (typeof value === 'function') return value as (...args: never[]) => unknown
    return this.#fail(id, `\`${key}\` must be a function, got ${value === null ? 'null' : typeof value}`)
  }

  #fail(step: string | undefined, what: string, code: PipelineError['code'] = 'DEFINITION_INVALID'): never {
    const where = step === undefined ? '' : `step "${step}" of `
    throw new PipelineError(code, `In ${where}pipeline "${this.#pipeline}": ${what}.`, {
      pipeline: this.#pipeline,
      step,
    })
  }
}
