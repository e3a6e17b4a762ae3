import { definePlugin, type Plugin } from '@pipe/core'
import type { Fields } from './fields.ts'
import type { Journal } from './journal.ts'
import { type LoggingOptions, settingsOf, styleOf } from './options.ts'
import { runHooks } from './run-hooks.ts'
import { RunLogs } from './run-log.ts'
import { type LoggerLike, type Report, Sink } from './sink.ts'
import { stepHooks } from './step-hooks.ts'
import { StepLogger } from './step-logger.ts'

/**
 * Makes the plugin that writes what becomes of runs, steps and items to a logger, and that owns the step option `log`.
 * `ctx.log` of a step is a child of the logger that knows its run, step and attempt. Secrets are taken out of all lines.
 *
 * @param logger a pino logger, `console`, a winston logger, or anything with the methods of pino
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function logging(logger: LoggerLike, options: LoggingOptions = {}): Plugin {
  const settings = settingsOf(logger, options)
  const { levels, input, output, snapshots, sample, fields } = settings
  let report: Report = () => undefined
  const sink = new Sink(logger, (error) => report(error))
  const runs = new RunLogs(sink, sample, (run): Fields => {
    try {
      const copy = snapshots.of(fields(run))
      return typeof copy === 'object' ? { ...copy } : {}
    } catch (error) {
      report(error)
      return {}
    }
  })
  const journal: Journal = { sink, levels, runs, snapshots, input, output }

  return definePlugin({
    name: 'logging',
    stepOptions: ['log'],
    setup(host) {
      report = host.report
    },
    context: { log: (ctx) => runs.of(ctx.runId).loggerOf(ctx, () => new StepLogger(journal, ctx)) },
    step(step) {
      const style = styleOf(logger, step, settings)
      const { kind } = step
      if (style === undefined && (kind !== 'item' || !input)) return undefined
      return (ctx, next) => {
        const { item } = ctx
        const own = style ?? { level: undefined, input, output }
        runs.of(ctx.runId).setStyle(ctx.stepId, { ...own, item: own.input && kind === 'item' ? item : undefined })
        return next()
      }
    },
    hooks: { ...runHooks(journal), ...stepHooks(journal) },
  })
}
