import { checkPipeline, textOf } from '../definition-check.ts'
import { PipelineError } from '../errors.ts'
import type { GraphNode, GraphOwner } from '../graph.ts'
import type { Plugin, StepInfo } from '../plugin.ts'
import { topologyOf } from '../scheduler.ts'
import { checkedSchema } from '../schema.ts'
import type { CompiledNode, CompiledPipeline } from './compiled.ts'
import type { Host } from './host.ts'
import { invalidPlugin } from './invalid-plugin.ts'
import { readsOf } from './needs.ts'

/**
 * Compiles a pipeline for the plugins of `host`.
 *
 * @throws PipelineError `DEFINITION_INVALID`, `OPTION_UNKNOWN`, `PLUGIN_INVALID`, and what plugins throw for options they
 *   refuse
 */
export function compile(host: Host, owner: GraphOwner): CompiledPipeline {
  const known = host.compiled.get(owner)
  if (known !== undefined) return known
  checkPipeline(owner)
  const services = new Map<string, string>()
  const nodes = owner.graph.nodes.map((node) => {
    checkOptions(host, owner, node)
    for (const id of Object.values(node.uses)) services.set(id, node.id)
    const inner = node.inner === undefined ? null : compile(host, node.inner)
    if (inner !== null) for (const [id, step] of inner.services) services.set(id, `${node.id}/${step}`)
    return compileNode(host, owner, node, node.kind, inner)
  })
  const { names, sources } = owner.graph.output
  const output = readsOf(names, sources)
  const topology = topologyOf(owner.graph.nodes.map(({ before }) => before))
  const compiled: CompiledPipeline = { owner, topology, nodes, schema: checkedSchema(owner.input), output, services }
  host.compiled.set(owner, compiled)
  return compiled
}

function compileNode(
  host: Host,
  owner: GraphOwner,
  graph: GraphNode,
  kind: CompiledNode['kind'],
  inner: CompiledPipeline | null,
): CompiledNode {
  const { code } = graph
  const info: StepInfo = {
    pipeline: owner.name,
    id: graph.id,
    kind,
    runs: runsOf(kind, inner),
    options: graph.options,
    optional: kind === 'item' ? graph.optionalItems : graph.optional,
    undoable: kind !== 'map' && code.undo !== undefined,
    version: graph.version,
  }
  const chooses = kind === 'select' || kind === 'fallback'
  const run = kind === 'map' ? null : ((code.run as CompiledNode['run']) ?? null)
  const when = kind === 'item' ? null : ((code.when as CompiledNode['when']) ?? null)
  const undo = info.undoable ? (code.undo as NonNullable<CompiledNode['undo']>) : null
  const schema = checkedSchema(graph.output)
  const plugins = chooses ? [] : host.plugins
  const steps = answers(plugins, (plugin) => plugin.step?.(info))
  const attempts = answers(plugins, (plugin) => plugin.attempt?.(info))
  const policies = answers(plugins, (plugin) => plugin.policy?.(info))
  const undos = undo === null ? null : answers(plugins, (plugin) => plugin.undo?.(info))
  const reads = readsOf(graph.names, graph.sources)
  const questions = [when, undo, schema, steps, attempts, policies]
  return {
    plain: run !== null && graph.rescues < 0 && questions.every((question) => question === null),
    run,
    name: reads.name,
    source: reads.source,
    index: graph.index,
    kind,
    chooses,
    sources: reads.sources,
    names: reads.names,
    rescues: graph.rescues,
    graph,
    info,
    pipeline: owner.name,
    when,
    steps,
    attempts,
    policies,
    schema,
    undo,
    undos,
    items: kind === 'map' ? compileNode(host, owner, graph, 'item', inner) : null,
    inner,
  }
}

/** What the plugins that have to do with a step answer; `null` when none has. */
function answers<T>(plugins: readonly Plugin[], ask: (plugin: Plugin) => T | undefined): readonly T[] | null {
  let found: T[] | null = null
  for (const plugin of plugins) {
    const answer = ask(plugin)
    if (answer === undefined) continue
    if (typeof answer !== 'function') throw invalidPlugin(`it answers for a step with ${textOf(answer)}`, plugin.name)
    ;(found ??= []).push(answer)
  }
  return found
}

function checkOptions(host: Host, owner: GraphOwner, node: GraphNode): void {
  for (const option of Object.keys(node.options)) {
    if (host.options.ofSteps.has(option)) continue
    const plugins = host.plugins.map(({ name }) => `"${name}"`).join(', ')
    throw new PipelineError(
      'OPTION_UNKNOWN',
      `Step "${node.id}" of pipeline "${owner.name}" has the option \`${option}\`, which neither core nor a plugin of this ` +
        `pipe owns (its plugins: ${plugins || 'none'}). Add the one that owns it to createPipe({ plugins: [...] }), or mend the name.`,
      { pipeline: owner.name, step: node.id },
    )
  }
}

function runsOf(kind: StepInfo['kind'], inner: CompiledPipeline | null): StepInfo['runs'] {
  if (kind === 'select' || kind === 'fallback') return 'nothing'
  return kind === 'map' || inner !== null ? 'others' : 'function'
}
