import { context, type Link, ProxyTracerProvider, trace } from '@opentelemetry/api'
import {
  definePlugin,
  PipelineError,
  type Plugin,
  type PluginHost,
  type RunContext,
  type StepEnd,
  type StepRetry,
} from '@pipe/core'
import { runAttributes } from './attributes.ts'
import { checkDefaults, settingsOf, type TracingDefaults } from './options.ts'
import { statusOf } from './outcome.ts'
import { type RunOutcome, RunTrace } from './run-trace.ts'
import { reportOf } from './traceparent.ts'

/** The name of the tracer: the instrumentation scope of every span. */
const SCOPE = '@pipe/tracing'

/**
 * Makes the plugin that owns the step option `tracing`: a span of OpenTelemetry for each run, inside it one for each step,
 * and for attempts and items as the options say. What a step does is done in the context of its span.
 *
 * A pipeline that is first run before an SDK is registered has no spans of steps, and pays nothing for them.
 *
 * @param defaults what steps leave out is taken from here
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function tracing(defaults: TracingDefaults = {}): Plugin {
  const common = checkDefaults(defaults)
  const runs = new Map<string, RunTrace>()
  /** Names of pipelines that were first run without an SDK. */
  const untraced = new Set<string>()
  let host: PluginHost | undefined

  /** The run that is traced and has that step. */
  const runOf = (ctx: { readonly runId: string }) => (runs.size === 0 ? undefined : runs.get(ctx.runId))
  const isOn = () => common.tracer !== undefined || isRegistered()

  const onRetry = ({ runId, stepId, attempt, error, delayMs }: StepRetry) => {
    const run = runs.get(runId)
    run?.safely(() => run.find(stepId)?.retries(attempt, error, delayMs))
  }
  const onEnd = ({ runId, stepId, status, error, reason }: StepEnd) => {
    const run = runs.get(runId)
    const step = run?.find(stepId)
    if (run === undefined || step === undefined) return // most steps have ended by now
    run.safely(() => step.end({ status, error, reason }))
  }
  /** Listening costs every step, so it is done only while there are spans. */
  const listen = (how: 'on' | 'off') =>
    host?.events[how]('step:retry', onRetry)[how]('step:end', onEnd)[how]('map:item', onEnd)

  const linksOf = (run: RunContext): Link[] => {
    try {
      return [...common.links(run)]
    } catch (error) {
      host?.report(error)
      return []
    }
  }

  /** Starts the span of a run; `undefined` when there is nobody to record it. */
  const begin = (run: RunContext): RunTrace | undefined => {
    const tracer = common.tracer ?? trace.getTracer(SCOPE)
    const around = context.active()
    const report = (error: unknown) => host?.report(error)
    try {
      const options = { attributes: runAttributes(run), links: linksOf(run) }
      const span = tracer.startSpan(`run ${run.pipeline}`, options, around)
      return trace.isSpanContextValid(span.spanContext()) ? new RunTrace(tracer, span, around, report) : undefined
    } catch (error) {
      report(error)
      return undefined
    }
  }

  const end = (runId: string, run: RunTrace, outcome?: RunOutcome) => {
    run.end(outcome)
    if (runs.get(runId) === run) runs.delete(runId)
    if (runs.size === 0) listen('off')
  }

  const through = async ({ runId, pipeline, report }: RunContext, run: RunTrace, next: () => Promise<unknown>) => {
    if (untraced.delete(pipeline)) host?.report(registeredLate(pipeline))
    report('tracing', reportOf(run.nearest.spanContext()))
    if (runs.size === 0) listen('on')
    if (!runs.has(runId)) runs.set(runId, run)
    try {
      const output = await context.with(run.context, next)
      end(runId, run, { status: 'succeeded' })
      return output
    } catch (error) {
      end(runId, run, { status: statusOf(error), error })
      throw error
    }
  }

  return definePlugin({
    name: 'tracing',
    stepOptions: ['tracing'],
    setup(its) {
      if (host !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call tracing() for each pipe.')
      host = its
    },
    close() {
      for (const [runId, run] of runs) end(runId, run)
      host = undefined
    },
    run(run, next) {
      const traced = isOn() ? begin(run) : undefined
      return traced === undefined ? next() : through(run, traced, next)
    },
    step(step) {
      const settings = settingsOf(step, common)
      if (!isOn()) {
        untraced.add(step.pipeline)
        return undefined
      }
      return (ctx, next) => {
        const run = runOf(ctx)
        return run === undefined ? next() : run.begin(step, settings, ctx).runs(next)
      }
    },
    attempt() {
      if (!isOn()) return undefined
      return (ctx, next) => {
        const step = runOf(ctx)?.find(ctx.stepId)
        return step === undefined ? next() : step.attempts(ctx.attempt, () => ctx.signal.aborted, next)
      }
    },
    undo(step) {
      const settings = settingsOf(step, common)
      if (!isOn()) return undefined
      return (ctx, next) => {
        const run = runOf(ctx)
        return run === undefined ? next() : run.undoes(step, settings, ctx, next)
      }
    },
  })
}

/** Whether an SDK has been registered. */
function isRegistered(): boolean {
  const provider = trace.getTracerProvider()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- version 1 of the API, our peer, has no other way to tell
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(SCOPE) !== undefined
}

function registeredLate(pipeline: string): Error {
  return new Error(
    `An SDK of OpenTelemetry was registered after pipeline "${pipeline}" had been run: its steps have no spans. ` +
      'Register it before the first run.',
  )
}
