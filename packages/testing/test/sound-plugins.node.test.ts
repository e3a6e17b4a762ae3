import { readFile } from 'node:fs/promises'
import {
  invalidOption,
  isSkip,
  optionSite,
  type Plugin,
  type PluginHost,
  serializeError,
  type StepInfo,
} from '@pipe/core'
import { describe, test } from 'vitest'
import { describePlugin } from '../src/index.ts'

// Plugins that do what a plugin may do: the suite must not stand in their way.

declare module '@pipe/core' {
  interface StepOptions {
    readonly sound?: true
  }
  interface RunReports {
    readonly sound?: readonly object[]
  }
}

/** Whether a step has the option; refuses other values. */
function asksForIt(step: StepInfo): boolean {
  const { sound } = step.options as { readonly sound?: unknown }
  if (sound !== undefined && sound !== true) throw invalidOption(optionSite(step, 'sound', 'sound', 'true'), sound)
  return sound === true && step.kind !== 'map'
}

const owner = { name: 'sound', stepOptions: ['sound'] } as const satisfies Partial<Plugin>

/** Answers a second time with what a step answered the first. */
function cache(): Plugin {
  const known = new Map<string, unknown>()
  const keyOf = (step: StepInfo, needs: unknown, item: unknown) => JSON.stringify([step.pipeline, step.id, needs, item])
  return {
    ...owner,
    step: (step) => {
      if (!asksForIt(step)) return undefined
      return async ({ needs, item }, next) => {
        const key = keyOf(step, needs, item)
        if (known.has(key)) return known.get(key)
        const answer = await next()
        if (!isSkip(answer)) known.set(key, answer)
        return answer
      }
    },
    dryRun: (step, { input }) => (known.has(keyOf(step, { input }, undefined)) ? { restored: true } : undefined),
    close: () => known.clear(),
  }
}

/** Lets two attempts at a time begin; the others wait for their turn, until they are aborted. */
function bulkhead(): Plugin {
  const waiting = new Set<() => void>()
  let free = 2
  const leave = () => {
    free++
    const [first] = waiting
    first?.()
  }
  const turnFor = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const settle = (then: () => void) => {
        waiting.delete(enter)
        signal.removeEventListener('abort', stop)
        then()
      }
      const stop = () => settle(() => reject(signal.reason as Error))
      const enter = () => {
        free--
        settle(resolve)
      }
      waiting.add(enter)
      signal.addEventListener('abort', stop)
    })
  return {
    ...owner,
    attempt: (step) => {
      if (!asksForIt(step) || step.runs !== 'function') return undefined
      return async ({ signal }, next) => {
        if (free > 0) free--
        else await turnFor(signal)
        try {
          return await next()
        } finally {
          leave()
        }
      }
    },
  }
}

const touch = async () => {
  await readFile(import.meta.filename)
}

/** Reads a file before each attempt, as one would ask a database: real time passes. */
function reader(): Plugin {
  return {
    ...owner,
    setup: touch,
    attempt: (step) => {
      if (!asksForIt(step)) return undefined
      return async ({ signal }, next) => {
        await readFile(import.meta.filename, { signal }).catch(() => signal.throwIfAborted())
        return next()
      }
    },
    close: touch,
  }
}

/** Has an output for steps that fail, and a report of the errors. */
function forgiver(): Plugin {
  const failures = new Map<string, object[]>()
  return {
    ...owner,
    run: async (run, next) => {
      const list: object[] = []
      failures.set(run.runId, list)
      run.report('sound', list)
      try {
        return await next()
      } finally {
        failures.delete(run.runId)
      }
    },
    policy: (step) => {
      if (!asksForIt(step)) return undefined
      return ({ error, ctx }) => {
        failures.get(ctx.runId)?.push({ ...serializeError(error) })
        return { output: null }
      }
    },
  }
}

/** A class, with fields that only its own methods reach. */
class Ticker implements Plugin {
  readonly name = 'sound'
  readonly stepOptions = ['sound'] as const
  #host: PluginHost | undefined
  #timer: unknown

  setup(host: PluginHost): void {
    this.#stop()
    this.#host = host
    const tick = () => void (this.#timer = host.clock.setTimeout(tick, 1_000))
    tick()
  }

  policy(step: StepInfo): undefined {
    asksForIt(step)
  }

  close(): void {
    this.#stop()
  }

  #stop(): void {
    this.#host?.clock.clearTimeout(this.#timer)
  }
}

describe.each([
  ['remembers outputs', cache],
  ['makes steps wait', bulkhead],
  ['waits for I/O', reader],
  ['forgives failures and reports them', forgiver],
  ['is an instance of a class, and ticks', () => new Ticker()],
])('a plugin that %s', (_, make) => {
  describePlugin('sound', make, { describe, test, options: { sound: true } })
})
