import type { CompiledPipeline } from './engine/compiled.ts'
import { compile } from './engine/compile.ts'
import type { Host } from './engine/host.ts'
import { refuseInput } from './engine/run-input.ts'
import { missingServices } from './engine/start.ts'
import { messageOf } from './errors.ts'
import { type GraphOwner, INPUT } from './graph.ts'
import type { AnyPipeline } from './pipeline.ts'
import type { DryRunInfo } from './plugin.ts'
import type { RunOptions } from './run-options.ts'
import { checkRunOptions } from './run-options-check.ts'
import { validate } from './schema.ts'

/** What a dry run says of a step. */
export interface DryRunStep {
  /** `ready`: it would run (or be decided by its condition). `restored`: it has a recorded output. `blocked`: it could not run. */
  readonly status: 'ready' | 'restored' | 'blocked'
  /** Why it is blocked. */
  readonly reason?: string
  /** Whether a condition decides during the run. */
  readonly conditional?: true
}

/** What a run would do. */
export interface DryRunReport {
  readonly runId: string
  readonly pipeline: string
  /** Whether no step is blocked but for those whose failure leaves the run going. */
  readonly ready: boolean
  /** Every step by path, those of inner pipelines too, in declaration order. */
  readonly steps: Readonly<Record<string, DryRunStep>>
}

/**
 * Checks input, services and recorded outputs.
 *
 * Rejects like `prepare` throws, but for missing services: those it reports.
 */
export async function dryRun(
  host: Host,
  pipeline: GraphOwner,
  input: unknown,
  options: RunOptions,
): Promise<DryRunReport> {
  const compiled = compile(host, pipeline)
  refuseInput(pipeline, input)
  checkRunOptions(options, host.options.ofRuns.run, pipeline.name)
  const runId = options.id ?? host.newId()
  const missing = new Set(missingServices(compiled, host, options.services).map(([id]) => id))
  let problem: string | undefined
  if (compiled.schema !== null) {
    try {
      await validate(compiled.schema, input, 'INPUT_INVALID', 'The input', { pipeline: pipeline.name })
    } catch (error) {
      problem = messageOf(error)
    }
  }
  const steps: Record<string, DryRunStep> = {}
  const info = { runId, input, definition: pipeline as AnyPipeline, options }
  const ready = await look(host, compiled, info, '', missing, problem, steps)
  return { runId, pipeline: pipeline.name, ready: ready && missing.size === 0 && problem === undefined, steps }
}

/** Looks at the steps of a pipeline, and answers whether it could succeed. */
async function look(
  host: Host,
  { owner, nodes }: CompiledPipeline,
  run: Omit<DryRunInfo, 'stepId'>,
  prefix: string,
  missing: ReadonlySet<string>,
  inputProblem: string | undefined,
  into: Record<string, DryRunStep>,
): Promise<boolean> {
  const isBlocked = (i: number) => into[prefix + (owner.graph.nodes[i]?.id ?? '')]?.status === 'blocked'
  let ready = true
  for (const { graph, info, inner } of nodes) {
    const path = prefix + graph.id
    const lacking = Object.values(graph.uses).filter((id) => missing.has(id))
    // What may fail blocks nobody, but for a fallback of which nothing is left.
    const exhausted = graph.kind === 'fallback' && graph.sources.every(isBlocked)
    const before = graph.before.find((i) => isBlocked(i) && (exhausted || owner.graph.nodes[i]?.optional !== true))
    const reason =
      lacking.length > 0
        ? `missing services: ${lacking.join(', ')}`
        : inputProblem !== undefined && graph.sources.includes(INPUT)
          ? inputProblem
          : before !== undefined
            ? `step "${prefix}${owner.graph.nodes[before]?.id ?? ''}" is blocked`
            : undefined
    const conditional = graph.code.when !== undefined
    const step = (into[path] = await judge(
      host,
      info,
      { ...run, stepId: path },
      lacking.length > 0,
      reason,
      conditional,
    ))
    const works = inner === null || step.status === 'restored'
    const inside = works || (await look(host, inner, run, `${path}/`, missing, step.reason, into))
    if (!graph.optional && (step.status === 'blocked' || !inside)) ready = false
  }
  return ready
}

async function judge(
  host: Host,
  step: CompiledPipeline['nodes'][number]['info'],
  run: DryRunInfo,
  lacking: boolean,
  reason: string | undefined,
  conditional: boolean,
): Promise<DryRunStep> {
  // Without its services no run begins, whatever is recorded.
  if (lacking && reason !== undefined) return { status: 'blocked', reason }
  for (const plugin of host.plugins) {
    const verdict = await plugin.dryRun?.(step, run)
    if (verdict === undefined) continue
    return 'blocked' in verdict ? { status: 'blocked', reason: verdict.blocked } : { status: 'restored' }
  }
  if (reason !== undefined) return { status: 'blocked', reason }
  return { status: 'ready', ...(conditional && { conditional: true as const }) }
}
