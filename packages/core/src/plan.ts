import { checkPipeline } from './definition-check.ts'
import { type GraphNode, type GraphOwner, INPUT, NO_ENTRIES, type NodeKind } from './graph.ts'
import type { AnyPipeline } from './pipeline.ts'

/** A step of a plan. */
export interface PlanNode {
  /** Path of the step: `bill`, `bill/charge`. */
  readonly id: string
  readonly kind: NodeKind
  /** Paths of the steps that it reads; `input` names are not among them. */
  readonly needs: readonly string[]
  /** Paths of the steps that come first without being read. */
  readonly after: readonly string[]
  /** Whether it reads the input of its pipeline. */
  readonly readsInput: boolean
  /** Whether it has a condition. */
  readonly conditional: boolean
  readonly optional: boolean
  /** Ids of the services it uses. */
  readonly services: readonly string[]
  /** Names of plugin options it has. */
  readonly options: readonly string[]
  readonly version?: string
  /** `map`: most items at a time. `loop`: most iterations. Absent when there is no limit. */
  readonly limit?: number
  /** The steps inside, for a `call`, a `loop` or a `map` over a pipeline. */
  readonly inner?: Plan
}

/** An edge: `to` starts after `from`. */
export interface PlanEdge {
  readonly from: string
  readonly to: string
  /** `read`: the output goes along it. `order`: it only orders. `failure`: `to` answers to the failure of `from`. */
  readonly kind: 'read' | 'order' | 'failure'
}

/** What a pipeline would do, as plain data. */
export interface Plan {
  readonly pipeline: string
  readonly version?: string
  /** In declaration order. */
  readonly nodes: readonly PlanNode[]
  readonly edges: readonly PlanEdge[]
  /** Steps that could run at the same time if all took equally long. Execution does not wait for waves. */
  readonly waves: readonly (readonly string[])[]
  /** A longest chain of steps: with all steps equally long, what the duration of the run depends on. */
  readonly criticalPath: readonly string[]
  /** Keys that the input must have, when its schema can tell (Standard JSON Schema). */
  readonly inputKeys?: readonly string[]
  /** Ids of the required services, those of inner pipelines too. */
  readonly services: readonly string[]
  /** Output names and the steps they come from; the name is empty when the output is that of one step. */
  readonly outputs: Readonly<Record<string, string>>
  /** What is allowed but may not be meant. */
  readonly warnings: readonly string[]
}

// Shared by the many steps that have none.
const NONE: readonly string[] = Object.freeze([])

/**
 * Says what a pipeline would do. Runs nothing and needs nothing.
 *
 * @throws PipelineError `DEFINITION_INVALID` for anything but a pipeline
 */
export function plan(pipeline: AnyPipeline): Plan {
  checkPipeline(pipeline)
  return planOf(pipeline, '')
}

function planOf({ name, version, graph, input }: GraphOwner, prefix: string): Plan {
  const paths = graph.nodes.map(({ id }) => prefix + id)
  const pathOf = (index: number) => (index === INPUT ? `${prefix}input` : paths[index]!)
  const depth: number[] = []
  const longest: number[] = []
  const services = new Set<string>()
  const edges: PlanEdge[] = []
  const waves: string[][] = []
  const warnings: string[] = []
  const nodes = graph.nodes.map((node): PlanNode => {
    const { index, kind, sources, after, rescues, before, limit } = node
    const id = paths[index]!
    // Most nodes only come after what they read, each once: then that is all of their edges.
    const simple = before.length === sources.length && after.length === 0 && rescues < 0
    const reads = simple ? null : new Set(sources)
    const readsInput = reads?.delete(INPUT) === true
    let deepest = -1
    for (let k = 0, end = before.length; k < end; k++) {
      const i = before[k]!
      if (deepest < 0 || depth[i]! > depth[deepest]!) deepest = i
      const kind = i === rescues ? 'failure' : reads === null || reads.has(i) ? 'read' : 'order'
      edges.push({ from: paths[i]!, to: id, kind })
    }
    const wave = deepest < 0 ? 0 : depth[deepest]! + 1
    depth.push(wave)
    longest.push(deepest)
    if (wave === waves.length) waves.push([id])
    else waves[wave]!.push(id)
    const planned: { -readonly [K in keyof PlanNode]: PlanNode[K] } = {
      id,
      kind,
      needs: (reads === null ? sources : [...reads]).map(pathOf),
      after: after.length === 0 ? NONE : after.map(pathOf),
      readsInput,
      conditional: node.code.when !== undefined,
      // An alternative may fail as far as the scheduler is concerned; nobody said it is optional.
      optional: node.optional && !isAlternative(node, graph.nodes[index + 1]),
      services: node.uses === NO_ENTRIES ? NONE : Object.values(node.uses),
      options: node.options === NO_ENTRIES ? NONE : Object.keys(node.options),
    }
    for (const service of planned.services) services.add(service)
    if (node.version !== undefined) planned.version = node.version
    if (limit > 0 && limit !== Infinity) planned.limit = limit
    else if (kind === 'map') warnings.push(`Map "${id}" starts all of its items at once; give it a \`concurrency\`.`)
    if (node.inner !== undefined) {
      planned.inner = planOf(node.inner, `${id}/`)
      for (const service of planned.inner.services) services.add(service)
      for (const warning of planned.inner.warnings) warnings.push(warning)
    }
    return planned
  })
  const criticalPath: string[] = []
  for (let i = depth.indexOf(waves.length - 1); i >= 0; i = longest[i]!) criticalPath.push(paths[i]!)
  const { names, sources, single } = graph.output
  const inputKeys = requiredKeys(input)
  return {
    pipeline: name,
    ...(version !== undefined && { version }),
    nodes,
    edges,
    waves,
    criticalPath: criticalPath.reverse(),
    ...(inputKeys !== undefined && { inputKeys }),
    services: [...services],
    outputs: Object.fromEntries(sources.map((source, i) => [single ? '' : (names?.[i] ?? String(i)), pathOf(source)])),
    warnings,
  }
}

/** The alternatives of a fallback are declared one after another, and the fallback after the last of them. */
const isAlternative = ({ index }: GraphNode, next: GraphNode | undefined): boolean =>
  next !== undefined && (next.rescues === index || next.kind === 'fallback')

/** What schemas that can describe themselves say (https://standardschema.dev/json-schema). */
function requiredKeys(schema: GraphOwner['input']): readonly string[] | undefined {
  const standard = schema?.['~standard'] as
    { jsonSchema?: { input?: (options: { target: string }) => { required?: unknown } } } | undefined
  try {
    const { required } = standard?.jsonSchema?.input?.({ target: 'draft-2020-12' }) ?? {}
    return Array.isArray(required) ? required.map(String) : undefined
  } catch {
    return undefined // a schema that has no JSON Schema says so by throwing
  }
}
