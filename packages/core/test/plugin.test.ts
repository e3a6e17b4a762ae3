import {
  createPipe,
  definePlugin,
  derive,
  type OptionRule,
  pipeline,
  type Plugin,
  run,
  type StepContext,
  type StepInfo,
} from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'
import './support/options.ts'

const labelled = pipeline('p', (p) => p.step('a', { label: 'first', run: () => 1 }))

describe('the plugins of a pipe', () => {
  test('have names, each a different one', () => {
    const unnamed = [{ name: '' }, {} as Plugin]
    for (const plugin of unnamed) expect(thrownBy(() => createPipe({ plugins: [plugin] })).code).toBe('PLUGIN_INVALID')
    const error = thrownBy(() => createPipe({ plugins: [{ name: 'retry' }, { name: 'retry' }] }))
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'retry' })
    expect(error.message).toBe('Plugin "retry" cannot be used: two plugins have this name.')
  })

  test('own their step options alone', () => {
    const plugins = ['one', 'two'].map((name): Plugin => ({ name, stepOptions: ['label'] }))
    const error = thrownBy(() => createPipe({ plugins }))
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'two' })
    expect(error.message).toContain('the step option `label` is owned by plugin "one" already')
  })

  test('own options of runs, checked by the rules that they give', async () => {
    const seen: unknown[] = []
    const priority: OptionRule = ['a number', (value) => typeof value === 'number']
    const plugin: Plugin = {
      name: 'queue',
      runOptions: { priority },
      run: ({ options }, next) => (seen.push(options), next()),
    }
    const pipe = createPipe({ plugins: [plugin] })
    const works = pipeline('p', (p) => p.step('a', { run: () => 1 }))
    const options = { id: 'run-1', priority: 5 }
    await pipe.run(works, undefined, options)
    await pipe.start(works, undefined, options).result
    expect(seen).toEqual([options, options])
    const wrong = { priority: 'high' } as object
    const says = "`priority` of the run must be a number; got 'high'."
    expect((await rejectionOf(pipe.run(works, undefined, wrong))).message).toBe(says)
    expect(thrownBy(() => pipe.start(works, undefined, wrong)).message).toBe(says)
    expect((await rejectionOf(createPipe().run(works, undefined, options))).message).toContain(
      '`priority` of the run must be left out',
    )
  })

  test('own their options of runs alone', () => {
    const owner = (name: string, option: string): Plugin => ({ name, runOptions: { [option]: ['', () => true] } })
    const two = thrownBy(() => createPipe({ plugins: [owner('one', 'priority'), owner('two', 'priority')] }))
    expect(two.message).toBe('Plugin "two" cannot be used: the run option `priority` is owned by plugin "one" already.')
    const core = thrownBy(() => createPipe({ plugins: [owner('one', 'timeout')] }))
    expect(core.message).toBe('Plugin "one" cannot be used: the run option `timeout` is owned by the kernel already.')
  })

  test('are the objects that were given', () => {
    const plugin = { name: 'one' }
    expect(definePlugin(plugin)).toBe(plugin)
  })
})

describe('an option of a step', () => {
  test('that no plugin of the pipe owns is an error before anything starts', async () => {
    const plugins = [{ name: 'other' }, { name: 'another' }]
    const error = await rejectionOf(createPipe({ plugins }).run(labelled))
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', pipeline: 'p', step: 'a' })
    expect(error.message).toContain('has the option `label`, which neither core nor a plugin of this pipe owns')
    expect(error.message).toContain('(its plugins: "other", "another"). Add the one that owns it')
  })

  test('is found in pipelines inside, too', async () => {
    const outer = pipeline('outer', (p) => p.map('m', { over: () => [undefined], run: labelled }))
    const error = await rejectionOf(createPipe().run(outer))
    expect(error).toMatchObject({ code: 'OPTION_UNKNOWN', pipeline: 'p' })
    expect(error.message).toContain('(its plugins: none)')
  })

  test('makes `start` throw', () => {
    expect(thrownBy(() => createPipe().start(labelled))).toMatchObject({ code: 'OPTION_UNKNOWN' })
  })

  test('is given to the plugins', async () => {
    const seen = vi.fn()
    const step = ({ options }: StepInfo) => void seen(options)
    await createPipe({ plugins: [{ name: 'labels', stepOptions: ['label'], step }] }).run(labelled)
    expect(seen).toHaveBeenCalledExactlyOnceWith({ label: 'first' })
  })

  test('may be refused by its plugin, with its own error', async () => {
    const refusal = new Error('too long')
    const step = (): undefined => {
      throw refusal
    }
    const pipe = createPipe({ plugins: [{ name: 'labels', stepOptions: ['label'], step }] })
    await expect(pipe.run(labelled)).rejects.toBe(refusal)
  })
})

describe('a plugin is asked', () => {
  const inner = pipeline('inner', (p) => p.step('leaf', { run: () => 1 }))
  const everything = pipeline('p', (p) => {
    const a = p.step('a', { version: '7', optional: true, run: () => 1 })
    const call = p.call('call', inner, { needs: { a }, input: () => undefined })
    const map = p.map('map', { needs: { call }, colour: 'red', over: () => [1, 2], run: () => 1 })
    const loop = p.loop('loop', pipeline('body', () => ({})) as never, {
      needs: { map },
      input: () => undefined as never,
      until: () => true,
      max: 1,
    })
    const either = p.fallback('either', { needs: { loop }, alternatives: { x: () => 1 } })
    return p.select('chosen', [either])
  })

  test('once for each step that does work, when the pipeline is first run', async () => {
    const asked: string[] = []
    const step = (info: StepInfo) => void asked.push(`${info.pipeline} ${info.kind} ${info.id}`)
    const pipe = createPipe({ plugins: [{ name: 'all', stepOptions: ['colour'], step }] })
    expect(asked).toEqual([])
    await pipe.run(everything)
    await pipe.run(everything)
    expect(asked.toSorted()).toEqual(
      [
        'p step a',
        'inner step leaf',
        'p call call',
        'p map map',
        'p item map',
        'p loop loop',
        'p step either/x',
      ].toSorted(),
    )
  })

  test('about the step, its options, whether it is optional and its version', async () => {
    const infos: StepInfo[] = []
    const pipe = createPipe({
      plugins: [{ name: 'all', stepOptions: ['colour'], attempt: (info) => void infos.push(info) }],
    })
    await pipe.run(everything)
    expect(infos[0]).toEqual({
      pipeline: 'p',
      id: 'a',
      kind: 'step',
      runs: 'function',
      undoable: false,
      options: {},
      optional: true,
      version: '7',
    })
    expect(infos.find(({ kind }) => kind === 'item')).toMatchObject({
      id: 'map',
      runs: 'function',
      undoable: false,
      options: { colour: 'red' },
    })
    for (const kind of ['map', 'call', 'loop'] as const) {
      expect(infos.find((info) => info.kind === kind)).toMatchObject({ runs: 'others' })
    }
  })

  test('about the items of a map, whether these are optional', async () => {
    const optional: [kind: string, optional: boolean][] = []
    const noting: Plugin = { name: 'noting', step: (info) => void optional.push([info.kind, info.optional]) }
    const maps = pipeline('p', (p) => ({
      one: p.map('one', { over: () => [1], optional: true, run: (n) => n }),
      two: p.map('two', { over: () => [1], optionalItems: true, run: (n) => n }),
    }))
    await createPipe({ plugins: [noting] }).run(maps)
    expect(optional.toSorted()).toEqual([
      ['item', false],
      ['item', true],
      ['map', false],
      ['map', true],
    ])
  })

  test('and may answer undefined: the step is as it would be without the plugin', async () => {
    const nothing: Plugin = {
      name: 'nothing',
      stepOptions: ['colour'],
      step: () => undefined,
      attempt: () => undefined,
      policy: () => undefined,
    }
    const settings = { newId: () => 'run', clock: { ...still } }
    const [plain, extended] = await Promise.all(
      [{ name: 'owner', stepOptions: ['colour'] } as Plugin, nothing].map(
        async (plugin) => await createPipe({ ...settings, plugins: [plugin] }).start(everything).result,
      ),
    )
    expect(extended).toEqual(plain)
  })
})

describe('a field of contexts', () => {
  const shouting = (name = 'shouts') => {
    const heard: string[] = []
    const shout = ({ stepId, attempt }: StepContext) => {
      return (text: string) => void heard.push(`${stepId} ${attempt} ${text}`)
    }
    return { heard, plugin: definePlugin({ name, context: { shout } }) }
  }

  test('is made by the plugin that owns it, for the step and the attempt that read it', async () => {
    const { heard, plugin } = shouting()
    const again: Plugin = {
      name: 'again',
      policy:
        () =>
        ({ attempt }) =>
          attempt === 1 ? { retryAt: 0 } : undefined,
    }
    const inner = pipeline('inner', (p) => p.step('leaf', { run: (_, { shout }) => shout?.('inside') }))
    const defined = pipeline('p', (p) => ({
      step: p.step('a', {
        run: (_, { attempt, shout }) => {
          shout?.('works')
          if (attempt === 1) throw new Error('once more')
        },
      }),
      map: p.map('m', { over: () => ['x'], key: (item) => item, run: (_, { shout }) => shout?.('item') }),
      call: p.call('call', inner, { input: () => undefined }),
    }))
    await createPipe({ plugins: [plugin, again] }).run(defined)
    expect(heard.toSorted()).toEqual(['a 1 works', 'a 2 works', 'call/leaf 1 inside', 'm[x] 1 item'])
  })

  test('is there for middleware, policies and undo too, wherever its plugin is in the list', async () => {
    const { heard, plugin } = shouting()
    const around: Plugin = {
      name: 'around',
      step: () => (ctx, next) => {
        ctx.shout?.('step')
        return next(derive(ctx, {}))
      },
      attempt: () => (ctx, next) => {
        ctx.shout?.('attempt')
        return next()
      },
      policy:
        () =>
        ({ ctx }) =>
          ctx.shout?.('policy') as undefined,
    }
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: (_, { shout }) => shout?.('run'), undo: (_, { shout }) => shout?.('undo') })
      return p.step('b', { needs: { a }, run: () => Promise.reject(new Error('no')) })
    })
    await rejectionOf(createPipe({ plugins: [around, plugin] }).run(defined))
    expect(heard).toEqual(['a 1 step', 'a 1 attempt', 'a 1 run', 'b 1 step', 'b 1 attempt', 'b 1 policy', 'a 1 undo'])
  })

  test('is made when it is read, and not before', async () => {
    const tenant = vi.fn(() => 'north')
    const pipe = createPipe({ plugins: [{ name: 'tenants', context: { tenant } }] })
    await pipe.run(pipeline('p', (p) => p.step('a', { run: () => 1 })))
    expect(tenant).not.toHaveBeenCalled()
    expect(await pipe.run(pipeline('p', (p) => p.step('a', { run: (_, ctx) => ctx.tenant })))).toBe('north')
    expect(tenant).toHaveBeenCalledTimes(1)
  })

  test('is made from the context it is read on: what a middleware derived counts', async () => {
    const around: Plugin = { name: 'around', step: () => (ctx, next) => next(derive(ctx, { runId: 'derived' })) }
    const tenant: Plugin = { name: 'tenants', context: { tenant: ({ runId }) => runId } }
    const defined = pipeline('p', (p) => p.step('a', { run: (_, ctx) => ctx.tenant }))
    expect(await createPipe({ plugins: [around, tenant] }).run(defined)).toBe('derived')
  })

  test('is undefined in a pipe without its plugin, and cannot be assigned in one with it', async () => {
    const reads = pipeline('p', (p) => p.step('a', { run: (_, ctx) => [ctx.tenant, Object.keys(ctx).length] }))
    const [before] = await run(reads)
    const pipe = createPipe({ plugins: [{ name: 'tenants', context: { tenant: () => 'north' } }] })
    expect([before, (await pipe.run(reads))[0], (await run(reads))[0]]).toEqual([undefined, 'north', undefined])
    const assigns = pipeline('p', (p) => p.step('a', { run: (_, ctx) => Object.assign(ctx, { tenant: 'south' }) }))
    expect(await rejectionOf(pipe.run(assigns))).toMatchObject({ cause: expect.any(TypeError) as unknown })
  })

  test('may be the logger', async () => {
    const lines: string[] = []
    const log = ({ stepId }: StepContext) => {
      const line = (_: object, message = '') => void lines.push(`${stepId}: ${message}`)
      return { debug: line, info: line, warn: line, error: line }
    }
    const logs = pipeline('p', (p) => p.step('a', { run: (_, { log }) => log.info({}, 'hello') }))
    await createPipe({ plugins: [{ name: 'logs', context: { log } }] }).run(logs)
    expect(lines).toEqual(['a: hello'])
  })

  test('has one owner', () => {
    const error = thrownBy(() => createPipe({ plugins: [shouting('one').plugin, shouting('two').plugin] }))
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'two' })
    expect(error.message).toBe(
      'Plugin "two" cannot be used: the context field `shout` is owned by plugin "one" already.',
    )
  })

  test.each(['signal', 'attempt', 'node', 'constructor'])('is not one that contexts have: %s', (field) => {
    const plugin: Plugin = { name: 'takes', context: { [field]: () => 'mine' } }
    const error = thrownBy(() => createPipe({ plugins: [plugin] }))
    expect(error).toMatchObject({ code: 'PLUGIN_INVALID', plugin: 'takes' })
    expect(error.message).toContain(`the context field \`${field}\` is owned by the kernel already`)
  })
})

const still = { now: () => 0, monotonic: () => 1, setTimeout: () => 0, clearTimeout: () => undefined }
