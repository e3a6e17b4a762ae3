import { beforeOf, lostNodes } from './edges.ts'
import { type DefinitionCheck, isGraphOwner, isRecord, type Spec, textOf, typeOf } from './definition-check.ts'
import { INPUT, NO_ENTRIES, NO_NODES, type Graph, type GraphNode, type NodeCode } from './graph.ts'
import { withInput } from './inner-input.ts'
import { NodeHandle } from './node-handle.ts'
import { pluginOptions } from './plugin-options.ts'
import { isSchema } from './schema.ts'

type Code = { -readonly [K in keyof NodeCode]: NodeCode[K] }

/** The deepest nesting that all runtimes have been seen to run. */
const DEEPEST = 200

/** Collects the steps that a definition declares, checks them, and freezes them into a {@link Graph}. */
export class GraphBuilder {
  readonly #check: DefinitionCheck
  readonly #nodes: GraphNode[] = []
  readonly #ids = new Set<string>()
  /** Of each node, whether another one waits for it. */
  readonly #awaited: boolean[] = []
  #closed = false
  readonly input = new NodeHandle(this, 'input', INPUT)
  readonly #inputOnly = { input: this.input }

  constructor(check: DefinitionCheck) {
    this.#check = check
  }

  step(id: string, spec: Spec): NodeHandle {
    this.#take(id)
    return this.#add('step', id, spec, { run: this.#check.fn(id, this.#check.record(id, spec), 'run') })
  }

  map(id: string, spec: Spec): NodeHandle {
    this.#take(id)
    const { run, key, concurrency = Infinity, optionalItems } = this.#check.record(id, spec)
    const inner = isGraphOwner(run) ? run : undefined
    const code: Code = { over: this.#check.fn(id, spec, 'over') }
    if (inner === undefined) code.run = this.#check.fn(id, spec, 'run')
    if (key !== undefined) code.key = this.#check.fn(id, spec, 'key')
    const limit = concurrency === Infinity ? concurrency : this.#check.whole(id, concurrency, 'concurrency')
    return this.#add('map', id, spec, code, {
      inner,
      limit,
      optionalItems: this.#check.flag(id, optionalItems, 'optionalItems'),
    })
  }

  call(id: string, pipeline: unknown, given: Spec = NO_ENTRIES): NodeHandle {
    this.#take(id)
    const spec = withInput(this.#check.record(id, given), this.input)
    const code = spec['input'] === undefined ? {} : { input: this.#check.fn(id, spec, 'input') }
    return this.#add('call', id, spec, code, { inner: this.#check.pipeline(id, pipeline) })
  }

  loop(id: string, pipeline: unknown, given: Spec): NodeHandle {
    this.#take(id)
    const spec = withInput(this.#check.record(id, given), this.input)
    const code = { input: this.#check.fn(id, spec, 'input'), until: this.#check.fn(id, spec, 'until') }
    const limit = this.#check.whole(id, spec['max'], 'max')
    return this.#add('loop', id, spec, code, { inner: this.#check.pipeline(id, pipeline), limit })
  }

  select(id: string, handles: unknown): NodeHandle {
    this.#take(id)
    if (!Array.isArray(handles) || handles.length === 0)
      this.#check.fail(id, 'expected an array of one or more handles')
    return this.#add('select', id, { needs: handles }, {})
  }

  fallback(id: string, spec: Spec): NodeHandle {
    this.#take(id)
    const { alternatives, when, optional, ...shared } = this.#check.record(id, spec)
    const tried: NodeHandle[] = []
    for (const [path, own] of this.#branches(id, alternatives, 'alternatives')) {
      // Each alternative may fail: the next one answers for it, and the fallback itself for the last one.
      const rescues = tried.length === 0 ? -1 : this.#nodes.length - 1
      const alternative = { ...withShared(shared, own), ...(rescues < 0 && { when }), optional: true }
      tried.push(this.#add('step', path, alternative, { run: this.#check.fn(path, own, 'run') }, { rescues }))
    }
    return this.#add('fallback', id, { needs: tried, optional }, {})
  }

  group(id: string, spec: Spec): Readonly<Record<string, NodeHandle>> {
    this.#take(id)
    const { steps, ...shared } = this.#check.record(id, spec)
    return Object.fromEntries(
      this.#branches(id, steps, 'steps').map(([path, own]) => [
        path.slice(id.length + 1),
        this.#add('step', path, withShared(shared, own), { run: this.#check.fn(path, own, 'run') }),
      ]),
    )
  }

  /** Freezes the graph; `returned` is what the definition returned. */
  finish(returned: unknown): Graph {
    this.#closed = true
    if (isRecord(returned) && typeof returned['then'] === 'function') {
      this.#check.fail(
        undefined,
        'the definition returned a promise; it only describes the steps and must be synchronous',
      )
    }
    const single = returned instanceof NodeHandle
    if (!isRecord(returned)) this.#check.fail(undefined, 'the definition must return a handle or a record of handles')
    const handles = single ? [returned] : returned
    const sources = Object.freeze(this.#read(undefined, handles, 'what the definition returned'))
    this.#checkReachable(sources)
    const output = Object.freeze({ names: namesOf(handles), sources, single })
    return Object.freeze({ depth: this.#depth(), nodes: Object.freeze(this.#nodes), output })
  }

  #depth(): number {
    let depth = 0
    for (const { inner } of this.#nodes) if (inner !== undefined) depth = Math.max(depth, inner.graph.depth + 1)
    if (depth > DEEPEST)
      this.#check.fail(
        undefined,
        `pipelines are nested ${depth} deep in it, and ${DEEPEST} is the most: the stack may not hold more`,
      )
    return depth
  }

  #checkReachable(outputs: readonly number[]): void {
    // Edges lead to larger indexes only. So when every node is awaited or an output, all lead to an output.
    for (const index of outputs) if (index !== INPUT) this.#awaited[index] = true
    if (!this.#awaited.includes(false)) return
    const lost = lostNodes(this.#nodes, outputs).map(({ id }) => `"${id}"`)
    const what = `nothing leads from the returned handles to ${lost.join(', ')}`
    this.#check.fail(
      undefined,
      `${what}: return the handle, or let a step need it or come after it`,
      'STEP_UNREACHABLE',
    )
  }

  #add(kind: GraphNode['kind'], id: string, spec: Spec, code: Code, more: Partial<GraphNode> = NO_ENTRIES): NodeHandle {
    if (this.#closed) this.#check.fail(id, 'steps are declared while the definition runs, not later')
    const { needs = this.#inputOnly, after = NO_NODES, when, undo, optional, uses, version, output } = spec
    if (!Array.isArray(after)) this.#check.fail(id, '`after` must be an array of handles')
    if (output !== undefined && !isSchema(output)) this.#check.fail(id, '`output` must be a Standard Schema')
    const index = this.#nodes.length
    const sources = this.#read(id, needs, '`needs`')
    const comesAfter = after.length === 0 ? NO_NODES : this.#read(id, after, '`after`')
    const { rescues = -1, limit = 0, optionalItems = false, inner } = more
    if (when !== undefined) code.when = this.#check.fn(id, spec, 'when')
    if (undo !== undefined) code.undo = this.#check.fn(id, spec, 'undo')
    const before = Object.freeze(beforeOf(sources, comesAfter, rescues))
    const node: GraphNode = {
      index,
      id,
      kind,
      names: namesOf(needs),
      sources: Object.freeze(sources),
      after: Object.freeze(comesAfter),
      rescues,
      before,
      optional: this.#check.flag(id, optional, 'optional'),
      uses: uses === undefined ? NO_ENTRIES : this.#check.uses(id, uses),
      options: pluginOptions(spec),
      version: this.#check.version(id, version),
      limit,
      optionalItems,
      output,
      inner,
      code: Object.freeze(code),
    }
    this.#nodes.push(Object.freeze(node))
    this.#awaited.push(false)
    for (let k = before.length - 1; k >= 0; k--) this.#awaited[before[k]!] = true
    return new NodeHandle(this, id, index)
  }

  /** The steps inside a group or a fallback, with their paths. */
  #branches(id: string, branches: unknown, key: string): readonly (readonly [path: string, spec: Spec])[] {
    const list = isRecord(branches) ? Object.entries(branches) : []
    if (!isRecord(branches) || (key === 'alternatives' && list.length === 0)) {
      this.#check.fail(id, `\`${key}\` must be a record of functions or steps`)
    }
    return list.map(([name, branch]) => {
      const path = this.#take(`${id}/${this.#check.id(name)}`, true)
      return [path, this.#check.record(path, typeof branch === 'function' ? { run: branch } : branch)]
    })
  }

  /** Takes an id for a step of this pipeline. */
  #take(id: string, inside = false): string {
    if (!inside) this.#check.id(id)
    if (this.#ids.size < this.#ids.add(id).size) return id
    return this.#check.fail(id, 'there is already a step with this id; ids are unique', 'STEP_DUPLICATE')
  }

  /** The indexes of the nodes of an array or a record of handles. */
  #read(id: string | undefined, handles: unknown, where: string): readonly number[] {
    if (!isRecord(handles))
      this.#check.fail(id, `${where} must be a record or an array of handles, got ${typeOf(handles)}`)
    if (Object.hasOwn(handles, '__proto__')) this.#check.fail(id, `${where} cannot have the name \`__proto__\``)
    const list: readonly unknown[] = Array.isArray(handles) ? handles : Object.values(handles)
    const indexes = new Array<number>(list.length)
    for (let i = 0; i < list.length; i++) indexes[i] = this.#indexOf(id, list[i], where)
    return indexes
  }

  #indexOf(id: string | undefined, handle: unknown, where: string): number {
    const index = NodeHandle.indexIn(this, handle)
    if (index !== undefined) return index
    if (!(handle instanceof NodeHandle))
      this.#check.fail(id, `${where} holds something that is not a handle: ${textOf(handle)}`)
    return this.#check.fail(
      id,
      `${where} holds the handle "${NodeHandle.idOf(handle)}" of another pipeline`,
      'HANDLE_FOREIGN',
    )
  }
}

/** What all branches say, and what one of them says; it uses the services of both. */
const withShared = (shared: Spec, own: Spec): Spec =>
  isRecord(shared['uses']) && isRecord(own['uses'])
    ? { ...shared, ...own, uses: { ...shared['uses'], ...own['uses'] } }
    : { ...shared, ...own }

const namesOf = (handles: unknown): readonly string[] | null =>
  isRecord(handles) && !Array.isArray(handles) ? Object.freeze(Object.keys(handles)) : null
