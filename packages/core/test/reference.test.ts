import { createPipe, exitCodeOf, pipeline, plan, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { turn } from './support/fake-clock.ts'

interface Model {
  readonly ask: (what: string) => Promise<string>
}
const Llm = service<Model>()('llm')
interface Song {
  readonly name: string
  readonly hasLyrics: boolean
}

/** A light show for a song: four stages, some at the same time, one on a condition, one for each group of fixtures. */
const asked = defineAsk('groups')
const sequencer = pipeline('sequencer', { input: type<Song>() }, (p, input) => {
  const uses = { llm: Llm }
  const audio = p.step('audio', { run: async ({ input }) => ({ beats: 4, hasLyrics: input.hasLyrics }) })
  const profile = p.step('profile', { uses, needs: { audio }, run: (_, { use }) => use.llm.ask('profile') })
  const lyrics = p.step('lyrics', {
    uses,
    needs: { audio },
    when: ({ audio }) => audio.hasLyrics,
    run: (_, { use }) => use.llm.ask('lyrics'),
  })
  const macro = p.step('macro', {
    needs: { profile, lyrics, input },
    run: ({ profile, lyrics, input }) => ({
      plan: [input.name, profile, lyrics ?? 'instrumental'],
      groups: ['arch', 'tree'],
    }),
  })
  const groups = p.map('groups', { uses, needs: { macro }, over: ({ macro }) => macro.groups, run: asked })
  return p.step('render', { needs: { macro, groups }, run: ({ macro, groups }) => [...macro.plan, ...groups] })
})

function defineAsk(what: string) {
  return (item: string, { use }: { readonly use: { readonly llm: Model } }) => use.llm.ask(`${what}/${item}`)
}

describe('a sequencer of light shows', () => {
  const llm = { ask: async (what: string) => `<${what}>` }

  test('plans its waves', () => {
    expect(plan(sequencer).waves).toEqual([['audio'], ['profile', 'lyrics'], ['macro'], ['groups'], ['render']])
    expect(plan(sequencer).services).toEqual(['llm'])
  })

  test('runs from end to end', async () => {
    const pipe = createPipe({ services: { llm } })
    expect(await pipe.run(sequencer, { name: 'Carol', hasLyrics: true })).toEqual([
      'Carol',
      '<profile>',
      '<lyrics>',
      '<groups/arch>',
      '<groups/tree>',
    ])
  })

  test('skips the lyrics that are not there, and still succeeds', async () => {
    const pipe = createPipe({ services: { llm } })
    const { status, output, steps } = await pipe.start(sequencer, { name: 'Bells', hasLyrics: false }).result
    expect(status).toBe('succeeded')
    expect(output).toContain('instrumental')
    expect(steps['lyrics']).toMatchObject({ status: 'skipped', reason: 'condition' })
  })

  test('runs what is independent at the same time', async () => {
    let running = 0
    let most = 0
    const ask = async (what: string) => {
      most = Math.max(most, ++running)
      await turn()
      running--
      return what
    }
    await run(sequencer, { name: 'Carol', hasLyrics: true }, { services: { llm: { ask } } })
    expect(most).toBe(2)
  })
})

describe('an inspector of scenes', () => {
  const work = vi.fn()
  const prep = pipeline('scene_prep', { input: type<string>() }, (p) => {
    const load = p.step('load', { run: ({ input }) => ({ scene: input, meshes: 3 }) })
    return p.step('clean', { needs: { load }, run: ({ load }) => ({ ...load, clean: true }) })
  })
  const analysis = (fails: boolean) =>
    pipeline('analysis', { input: type<{ readonly meshes: number }>() }, (p) => {
      const count = p.step('count', { run: ({ input }) => input.meshes })
      const check = p.step('check', {
        needs: { count },
        run: ({ count }) => {
          if (fails) throw new Error(`${count} meshes are too many`)
          return 'ok'
        },
      })
      return { count, check }
    })
  const cleanup = pipeline('cleanup', (p) => p.step('clean', { run: () => void work() }))
  const inspector = (fails = false) =>
    pipeline('mini_inspector', { input: type<string>() }, (p) => {
      const scene = p.call('scene_prep', prep, { input: ({ input }) => input })
      const found = p.call('analysis', analysis(fails), { needs: { scene }, input: ({ scene }) => scene })
      const tidy = p.call('cleanup', cleanup, { after: [found], input: () => undefined })
      return p.step('report', {
        needs: { found },
        after: [tidy],
        run: ({ found }) => `${found.count} meshes: ${found.check}`,
      })
    })

  test('names its steps by where they are: two that are called "clean" do not collide', async () => {
    const { output, steps } = await start(inspector(), 'kitchen').result
    expect(output).toBe('3 meshes: ok')
    expect(Object.keys(steps)).toEqual([
      'scene_prep',
      'scene_prep/load',
      'scene_prep/clean',
      'analysis',
      'analysis/count',
      'analysis/check',
      'cleanup',
      'cleanup/clean',
      'report',
    ])
  })

  test('keeps what its leaf said, up to the exit code', async () => {
    const result = await start(inspector(true), 'kitchen').result
    expect(result.error).toMatchObject({ step: 'analysis/check', cause: { message: '3 meshes are too many' } })
    expect(exitCodeOf(result)).toBe(2)
  })

  test('runs nothing in a dry run', async () => {
    work.mockClear()
    const { ready, steps } = await createPipe().dryRun(inspector(), 'kitchen')
    expect(ready).toBe(true)
    expect(Object.keys(steps)).toHaveLength(9)
    expect(work).not.toHaveBeenCalled()
  })

  test('is a unit of an outer loop over many files', async () => {
    const batch = pipeline('batch', { input: type<readonly string[]>() }, (p) =>
      p.map('files', { over: ({ input }) => input, key: (file) => file, concurrency: 4, run: inspector() }),
    )
    const files = Array.from({ length: 200 }, (_, i) => `scene-${i}`)
    expect(await run(batch, files)).toHaveLength(200)
  })
})
