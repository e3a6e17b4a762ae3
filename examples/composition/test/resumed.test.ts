import { pipeline, type PipeEvent } from '@pipe/core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { order } from './scenarios/order.ts'
import { activeSpans } from './support/active-spans.ts'
import { type Interruption, type Story, story } from './support/interrupted.ts'
import { anyOrder, tracedFirst } from './support/orders.ts'
import { after, type Scenario, Time } from './support/scenario.ts'
import { treeOf } from './support/spans.ts'
import { type Seen, witness } from './support/witness.ts'

activeSpans()

describe('an order whose process is shut down while articles are reserved', () => {
  let whole: Story
  let undisturbed: Seen
  beforeAll(async () => {
    undisturbed = await witness(tracedFirst, order)
    whole = await story(tracedFirst, order, [{ event: 'map:item', by: 'closing', rest: 60_000 }])
  })
  const second = () => whole.chapters[1]!

  test('is handed back, undone by nobody, and another process ends it as if nothing had been', () => {
    const [{ result, stored }] = whole.chapters as [Seen]
    expect([result.status, result.error, stored.status]).toMatchObject(['cancelled', { code: 'SHUTDOWN' }, 'waiting'])
    expect(second().result).toMatchObject({ status: 'succeeded', output: undisturbed.result.output })
    expect(second().stored).toMatchObject({ status: 'succeeded', outcome: undisturbed.stored.outcome })
    expect(second().result.reports?.durable).toMatchObject({ resumed: true, restored: 4, recorded: 9, missed: 0 })
    expect(second().result.reports?.durable?.steps).toMatchObject({ again: [], gone: [], added: [] })
  })

  test('has spans of what was restored, which have no attempts', () => {
    expect(treeOf(second().spans)).toEqual([
      'run order succeeded',
      '  step customer restored',
      '  map reserve succeeded',
      '    item reserve[lamp] succeeded (asked for) (exception) (pipe.retry)',
      '      attempt reserve[lamp] (asked for) (got)',
      '    item reserve[rug] restored',
      '    item reserve[unicorn] failed (asked for) (exception) (pipe.retry)',
      '      attempt reserve[unicorn] ERROR (asked for) (exception)',
      '  step warm restored',
      '  step plain skipped',
      '  step gift failed (exception)',
      ...treeOf(undisturbed.spans).slice(-10),
    ])
  })

  test('has lines that say so, what was allowed to fail has failed', () => {
    const said = second().lines.map(({ msg }) => msg)
    expect(said.slice(0, 10)).toEqual([
      'run of order started',
      'step customer was restored',
      'step reserve started',
      'step reserve[lamp] goes on',
      'item reserve[rug] was restored',
      'step reserve[unicorn] goes on',
      'step warm was restored',
      'step plain was skipped: condition',
      'step greeting succeeded',
      'step gift failed: busy',
    ])
  })

  test('has numbers that say so: what was restored took no time and no attempt', () => {
    expect(second().series).toEqual(
      expect.arrayContaining([
        'pipe_steps_total{pipeline="order",step="customer",status="restored"} 1',
        'pipe_steps_total{pipeline="order",step="gift",status="failed"} 1',
        'pipe_map_items_total{pipeline="order",step="reserve",status="restored"} 1',
        'pipe_map_items_total{pipeline="order",step="reserve",status="succeeded"} 1',
        'pipe_step_attempts_total{pipeline="order",step="reserve"} 5',
      ]),
    )
    expect(second().series.filter((line) => /(attempts|duration).*step="customer"/.test(line))).toEqual([])
  })

  test('has lines on the screen that say so', () => {
    expect(second().shown.slice(0, 4)).toEqual([
      '✔ customer restored',
      '❯ reserve',
      expect.stringMatching(/^ {2}✔ reserve\[rug\] restored/),
      '✔ warm restored',
    ])
  })

  test('is answered for as a whole once it has ended: nothing of it is done or told again', () => {
    const { result, spans, lines, shown } = whole.afterwards
    expect(result).toMatchObject({ status: 'succeeded', output: undisturbed.result.output })
    expect(treeOf(spans)).toEqual(['run order succeeded'])
    expect(lines.map(({ msg }) => msg)).toEqual(['run of order started', 'run of order succeeded'])
    expect(shown).toEqual([])
  })
})

/** Checks something of a run that is interrupted, with the plugins in any order of the list. */
const inAnyOrder = (scenario: Scenario, interruption: Interruption, check: (chapters: readonly Seen[]) => void) =>
  fc.assert(
    fc.asyncProperty(anyOrder, async (names) => check((await story(names, scenario, [interruption])).chapters)),
    { numRuns: 12 },
  )

/** What is told of the step `a`, and when, ms after the run began in that process. */
const toldOf = ({ events, result }: Seen) =>
  events.flatMap((event: PipeEvent) =>
    'stepId' in event && event.stepId === 'a' ? [`${event.at - result.startedAt} ${event.type}`] : [],
  )

describe('attempts', () => {
  const failing: Scenario = {
    name: 'a step that fails twice',
    pipeline: pipeline('p', (p) =>
      p.step('a', {
        retry: { maxAttempts: 3, initialDelay: '10s', backoff: 'constant' },
        run: (_, { attempt }) => (attempt < 3 ? Promise.reject(new Error('busy')) : attempt),
      }),
    ),
  }

  test('go on where they were, and what is left of a wait is waited', async () => {
    await inAnyOrder(failing, { event: 'step:retry', by: 'closing', rest: 4_000 }, ([first, second]) => {
      expect(toldOf(first!)).toEqual(['0 step:start', '0 step:retry', '0 step:end'])
      expect(toldOf(second!)).toEqual([
        '6000 step:start',
        '6000 step:attempt',
        '6000 step:retry',
        '16000 step:attempt',
        '16000 step:end',
      ])
      expect(second!.result).toMatchObject({ output: 3, steps: { a: { attempts: 3, durationMs: 10_000 } } })
    })
  })

  test('that were due meanwhile begin at once', async () => {
    await inAnyOrder(failing, { event: 'step:retry', by: 'theft', rest: 60_000 }, ([, second]) => {
      expect(toldOf(second!).slice(0, 2)).toEqual(['0 step:start', '0 step:attempt'])
    })
  })

  test('of which there are no more are not made by another process either', async () => {
    const hopeless: Scenario = {
      name: 'a step that fails always',
      pipeline: pipeline('p', (p) => p.step('a', { retry: 2, run: () => Promise.reject(new Error('busy')) })),
    }
    await inAnyOrder(hopeless, { event: 'step:retry', by: 'a loss', rest: 60_000 }, ([, second]) => {
      expect(second!.result).toMatchObject({ status: 'failed', steps: { a: { attempts: 2 } } })
      expect(toldOf(second!)).toEqual(['0 step:start', '0 step:attempt', '0 step:end'])
    })
  })

  test('that were interrupted are made again, and do not count', async () => {
    const busy: Scenario = {
      name: 'a step that is told to stop',
      pipeline: pipeline('p', (p) =>
        p.step('a', {
          uses: { time: Time },
          run: async (_, { attempt, progress, use, signal }) => {
            progress(0)
            await after(5_000, use.time, signal)
            return attempt
          },
        }),
      ),
    }
    await inAnyOrder(busy, { event: 'step:progress', by: 'closing', rest: 0 }, ([first, second]) => {
      expect(first!.result.steps['a']).toMatchObject({ status: 'cancelled', reason: 'shutdown' })
      expect(second!.result).toMatchObject({ output: 1, durationMs: 5_000 })
    })
  })
})

describe('limits on time', () => {
  const failing = (timeout: object): Scenario => ({
    name: 'a step that fails after four seconds, then takes as long',
    pipeline: pipeline('p', (p) =>
      p.step('a', {
        uses: { time: Time },
        retry: { maxAttempts: 2, initialDelay: '10s' },
        timeout,
        run: async (_, { attempt, use, signal }) => {
          await after(4_000, use.time, signal)
          if (attempt === 1) throw new Error('busy')
          return attempt
        },
      }),
    ),
  })
  const interruption: Interruption = { event: 'step:retry', by: 'closing', rest: 4_000 }

  test('of a step begin anew in each process, and the rest of a wait counts: undisturbed it takes 18 s', async () => {
    await inAnyOrder(failing({ total: '12s' }), interruption, ([, second]) => {
      expect(second!.result).toMatchObject({ status: 'succeeded', output: 2, durationMs: 10_000 })
    })
    await inAnyOrder(failing({ total: '8s' }), interruption, ([, second]) => {
      expect(second!.result).toMatchObject({ status: 'failed', durationMs: 8_000 })
      expect(second!.result.steps['a']).toMatchObject({ error: { code: 'TIMEOUT' } })
    })
  })

  test('of an attempt do not count the rest of a wait', async () => {
    await inAnyOrder(failing({ attempt: '5s' }), interruption, ([, second]) => {
      expect(second!.result).toMatchObject({ status: 'succeeded', output: 2, durationMs: 10_000 })
    })
  })

  test('of the run begin anew in each process that is given one', async () => {
    const limited = { ...failing({ attempt: '5s' }), options: { timeout: '9s' } } as const
    await inAnyOrder(limited, interruption, ([first, second]) => {
      expect(first!.result).toMatchObject({ status: 'cancelled', durationMs: 4_000 })
      expect(second!.result).toMatchObject({ status: 'failed', durationMs: 9_000, error: { code: 'TIMEOUT' } })
      expect(second!.stored.status).toBe('failed')
    })
  })
})

test("what is not recorded, `durable: 'none'`, is done and told again in each process, from its first attempt on", async () => {
  const scenario: Scenario = {
    name: 'a step that is not recorded',
    pipeline: pipeline('p', (p) => {
      const a = p.step('a', {
        durable: 'none',
        retry: 2,
        run: (_, { attempt }) => (attempt === 1 ? Promise.reject(new Error('busy')) : attempt),
      })
      return p.step('b', { needs: { a }, retry: 2, run: ({ a }, { attempt }) => (attempt === 1 ? no() : a) })
    }),
  }
  const no = () => Promise.reject<number>(new Error('not yet'))
  await inAnyOrder(scenario, { event: 7, by: 'closing', rest: 0 }, ([first, second]) => {
    expect(Object.keys(first!.stored.entries)).toEqual(['w:b'])
    for (const { result, lines } of [first!, second!]) {
      expect(result.steps['a']).toMatchObject({ status: 'succeeded', attempts: 2 })
      expect(lines.map(({ msg }) => msg)).toContain('step a succeeded')
    }
    expect(second!.result).toMatchObject({ output: 2, steps: { b: { attempts: 2 } } })
  })
})
