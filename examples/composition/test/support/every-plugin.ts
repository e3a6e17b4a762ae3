import type { Plugin } from '@pipe/core'
import { logging } from '@pipe/logging'
import { metrics, prometheus } from '@pipe/metrics'
import { progress } from '@pipe/progress'
import { retry } from '@pipe/retry'
import { durable, richCodec } from '@pipe/state'
import { timeout } from '@pipe/timeout'
import { tracing } from '@pipe/tracing'
import * as client from 'prom-client'
import type { Sinks } from './instruments.ts'

/** Makes each plugin. Another plugin is another line: every test then has it in every place. */
export const everyPlugin = {
  durable: ({ store }) => durable({ store, codec: richCodec }),
  logging: ({ logger }) => logging(logger, { levels: { 'step:attempt': 'debug' } }),
  metrics: ({ registry }) => metrics({ sink: prometheus(client, registry) }),
  progress: ({ screen }) => progress({ mode: 'plain', stream: screen }),
  retry: () => retry({ jitter: 'none', initialDelay: '1s' }),
  timeout: () => timeout(),
  tracing: ({ tracer }) => tracing({ tracer }),
} satisfies Record<string, (sinks: Sinks) => Plugin>

export type PluginName = keyof typeof everyPlugin

/** In the order of the alphabet: the one that the others are compared with. */
export const pluginNames = Object.keys(everyPlugin) as PluginName[]
