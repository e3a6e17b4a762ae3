import { pipeline, type Plugin, type RunResult, start } from '@pipe/core'
import { expectTypeOf } from 'vitest'
import { progress, type ProgressMode, type ProgressOptions, timeline, type TimelineOptions } from '../src/index.ts'

expectTypeOf(progress).parameters.toEqualTypeOf<[options?: ProgressOptions | undefined]>()
expectTypeOf(progress).returns.toEqualTypeOf<Plugin>()
expectTypeOf<ProgressMode>().toEqualTypeOf<'auto' | 'live' | 'plain' | 'silent'>()
progress({ stream: process.stdout, mode: 'plain' })

// @ts-expect-error: there is no such mode
progress({ mode: 'loud' })
// @ts-expect-error: a path is no stream
progress({ stream: 'out.log' })

// The result of any run will do.
const shout = pipeline('p', (p) => p.step('a', { run: () => 'loud' }))
expectTypeOf(start(shout).result).resolves.toEqualTypeOf<RunResult<string>>()
expectTypeOf(timeline(await start(shout).result)).toBeString()
expectTypeOf(timeline).parameter(1).toEqualTypeOf<TimelineOptions | undefined>()

// @ts-expect-error: an output is no result
timeline('loud')
