/* What plugins add to the interfaces of core. Checked by `tsc`; never run. */
import { createPipe, definePlugin, type Events, type Hooks, type PipeEvent, type StepContext } from '@pipe/core'
import { expectTypeOf, test } from 'vitest'

interface CacheHit {
  readonly stepId: string
}
declare module '@pipe/core' {
  interface Hooks {
    'cache:hit': (event: CacheHit) => void
  }
  // The name of the type parameter has to be that of core.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface StepContext<U> {
    readonly cached?: boolean
  }
}

test('an event of a plugin is emitted, observed and streamed like those of core', () => {
  const pipe = createPipe({
    plugins: [
      definePlugin({
        name: 'cache',
        setup: ({ events }) => {
          events.emit('cache:hit', { stepId: 'a' })
          // @ts-expect-error -- not the event
          events.emit('cache:hit', { step: 'a' })
        },
        hooks: { 'cache:hit': ({ stepId }) => expectTypeOf(stepId).toEqualTypeOf<string>() },
      }),
    ],
  })
  pipe.events.on('cache:hit', (event) => expectTypeOf(event).toEqualTypeOf<CacheHit>())
  // @ts-expect-error -- there is no such event
  pipe.events.on('cache:miss', () => undefined)
  expectTypeOf<Parameters<Events['on']>[0]>().toEqualTypeOf<keyof Hooks>()
  expectTypeOf<{ readonly type: 'cache:hit' } & CacheHit>().toExtend<PipeEvent>()
})

test('what a plugin puts into the context is there for every step', () => {
  expectTypeOf<StepContext['cached']>().toEqualTypeOf<boolean | undefined>()
})
