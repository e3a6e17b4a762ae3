import { definePlugin, type Plugin } from '@pipe/core'

/** A plugin that says of each step how it ended, a line each. */
export const stepLines = (stream: NodeJS.WritableStream): Plugin =>
  definePlugin({
    name: 'step-lines',
    hooks: {
      'step:retry': ({ stepId, attempt }) => stream.write(`${stepId}: attempt ${attempt} failed, again\n`),
      'map:item': ({ stepId, status }) => stream.write(`${stepId}: ${status}\n`),
      'step:end': ({ stepId, status, durationMs, reason }) =>
        stream.write(`${stepId}: ${status} ${reason ?? `in ${Math.round(durationMs)} ms`}\n`),
    },
  })
