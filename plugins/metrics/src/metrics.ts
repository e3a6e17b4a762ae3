import { definePlugin, type Hooks, PipelineError, type Plugin } from '@pipe/core'
import { settingsOf, type MetricsOptions } from './options.ts'
import { PipeMeter } from './pipe-meter.ts'

/**
 * Makes the plugin that measures runs, steps, attempts and map items, and gives steps `ctx.metrics` to measure what they
 * like. Measurements go to `sink`; those of steps are in the result of the run too, as `reports.metrics`.
 *
 * @throws PipelineError `OPTION_INVALID`; what the sink throws is the cause of `PLUGIN_SETUP_FAILED`
 */
export function metrics(options: MetricsOptions = {}): Plugin {
  const settings = settingsOf(options)
  let meter: PipeMeter | undefined

  /** What only the sink wants to know. */
  const details: Partial<Hooks> = {
    'step:start': (event) => meter?.step(event)?.started(event.waitMs),
    'step:retry': (event) => meter?.step(event)?.retried(),
    'step:end': (event) => meter?.step(event)?.ended(event),
    'map:item': (event) => meter?.step(event)?.itemEnded(event),
  }

  return definePlugin({
    name: 'metrics',
    setup(host) {
      if (meter !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call metrics() for each pipe.')
      meter = new PipeMeter(settings, host.report)
    },
    close() {
      meter = undefined
    },
    run(run, next) {
      meter?.reportTo(run)
      return next()
    },
    context: { metrics: (ctx) => meter?.metricsOf(ctx) },
    hooks: {
      'run:start': (event) => meter?.runStarted(event),
      'run:end': (event) => meter?.runEnded(event),
      ...(options.sink !== undefined && details),
    },
  })
}
