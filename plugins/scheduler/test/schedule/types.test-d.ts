import { createPipe, pipeline, service, type } from '@pipe/core'
import { createScheduler, type Firing, type Schedules } from '@pipe/scheduler'
import { expectTypeOf, test } from 'vitest'

const Db = service<{ find(id: string): string }>()('db')
const plain = pipeline('plain', (p) => p.step('a', { run: () => 1 }))
const report = pipeline('report', { input: type<{ day: number }>() }, (p) =>
  p.step('a', { run: ({ input }) => input.day }),
)
const needy = pipeline('needy', (p) => p.step('a', { uses: { db: Db }, run: (_, { use }) => use.db.find('1') }))
const db = { find: (id: string) => id }
const scheduler = createScheduler(createPipe())

test('a schedule has exactly one timing', () => {
  scheduler.add('a', plain, { every: '1s' })
  scheduler.add('a', plain, { cron: '* * * * *', timezone: 'Europe/Berlin', overlap: { allow: 2 } })
  scheduler.add('a', plain, { at: '2026-07-01T06:00:00Z' })
  scheduler.add('a', plain, { auto: true, cooldown: '1s' })
  // @ts-expect-error -- there is none
  scheduler.add('a', plain, {})
  // @ts-expect-error -- there are two
  scheduler.add('a', plain, { every: '1s', cron: '* * * * *' })
  // @ts-expect-error -- a zone is for cron
  scheduler.add('a', plain, { every: '1s', timezone: 'Europe/Berlin' })
  // @ts-expect-error -- no such option
  scheduler.add('a', plain, { every: '1s', overlaps: 'skip' })
})

test('the input of a pipeline has to be made', () => {
  scheduler.add('a', report, { every: '1s', input: ({ slot }) => ({ day: slot }) })
  scheduler.add('a', report, {
    every: '1s',
    input: (firing) => {
      expectTypeOf(firing).toEqualTypeOf<Firing>()
      return { day: firing.slot }
    },
  })
  // @ts-expect-error -- it has an input
  scheduler.add('a', report, { every: '1s' })
  // @ts-expect-error -- another one
  scheduler.add('a', report, { every: '1s', input: () => ({ day: 'monday' }) })
})

test('services that the pipe lacks have to be given', () => {
  createScheduler(createPipe({ services: { db } })).add('a', needy, { every: '1s' })
  scheduler.add('a', needy, { every: '1s', options: { services: { db } } })
  // @ts-expect-error -- the pipe has none
  scheduler.add('a', needy, { every: '1s' })
  // @ts-expect-error -- another one
  scheduler.add('a', needy, { every: '1s', options: { services: { db: { find: 1 } } } })
})

test('what is done with schedules is the same for all schedulers', () => {
  expectTypeOf(createScheduler(createPipe({ services: { db } }))).toExtend<Schedules>()
})
