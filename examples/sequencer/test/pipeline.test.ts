import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPipe, plan, toMermaid } from '@pipe/core'
import { retry } from '@pipe/retry'
import { beforeAll, describe, expect, it } from 'vitest'
import { sequencer } from '../src/pipeline.ts'
import type { ShowPlanner } from '../src/show/planner.ts'
import { rulePlanner } from '../src/show/rule-planner.ts'
import { type SongFiles, writeSong } from '../src/song/write-song.ts'
import { temporaryFolder } from './temporary-folder.ts'

const lights = ['roof', 'tree', 'windows', 'path']

const pipeWith = (planner: ShowPlanner = rulePlanner) =>
  createPipe({ plugins: [retry({ initialDelay: 0 })], services: { planner } })

let song: SongFiles

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-song-'))
  song = await writeSong(folder, 120)
  return () => rm(folder, { recursive: true })
})

it('is drawn in the README as it is', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain(`\`\`\`mermaid\n${toMermaid(plan(sequencer))}\`\`\``)
})

describe('the sequence', () => {
  it.each([90, 150])('has the tempo of the song, within two hundredths: %d', async (tempo) => {
    const folder = await temporaryFolder()
    const { song } = await writeSong(folder, tempo)
    const { sequence } = await pipeWith().run(sequencer, { song, lights, folder })
    expect(Math.abs(sequence.tempo / tempo - 1)).toBeLessThan(0.02)
  })

  it('is the same every time, byte for byte', async () => {
    const folders = [await temporaryFolder(), await temporaryFolder()]
    const runs = folders.map((folder) => pipeWith().run(sequencer, { ...song, lights, folder }))
    const [first, second] = await Promise.all(runs.map(async (run) => readFile((await run).file, 'utf8')))
    expect(first).toContain('"tempo"')
    expect(second).toBe(first)
  })

  it('is what the file holds: cues in order, for every group, within the song', async () => {
    const output = await pipeWith().run(sequencer, { ...song, lights, folder: await temporaryFolder() })
    expect(JSON.parse(await readFile(output.file, 'utf8'))).toEqual(output.sequence)

    const { cues, seconds } = output.sequence
    expect(cues.map(({ at }) => at)).toEqual(cues.map(({ at }) => at).toSorted((a, b) => a - b))
    expect(new Set(cues.map(({ group }) => group))).toEqual(new Set(lights))
    expect(cues.every(({ at, level }) => at >= 0 && at < seconds && level > 0 && level <= 1)).toBe(true)
  })

  it('is brighter where the song is louder', async () => {
    const { sequence } = await pipeWith().run(sequencer, { ...song, lights, folder: await temporaryFolder() })
    expect(sequence.sections.map(({ mood, brightness, every }) => [mood, brightness, every])).toEqual([
      ['calm', 0.3, 'bar'],
      ['steady', 0.6, 'beat'],
      ['peak', 1, 'beat'],
      ['calm', 0.3, 'bar'],
    ])
  })
})

describe('lyrics', () => {
  const flashes = async (files: { song: string; lyrics?: string }) => {
    const run = pipeWith().start(sequencer, { ...files, lights, folder: await temporaryFolder() })
    const { sequence } = await run.output
    const { steps } = await run.result
    const at = sequence.cues.filter(({ effect, group }) => effect === 'flash' && group === 'roof').map(({ at }) => at)
    return { at: at.map((seconds) => Math.round(seconds)), step: steps['lyrics'] }
  }

  it('make everything flash when a line begins', async () => {
    const { at, step } = await flashes(song)
    expect(step?.status).toBe('succeeded')
    expect(at).toEqual([4, 12])
  })

  it('are skipped when there are none; then the loudest parts are what flashes', async () => {
    const { at, step } = await flashes({ song: song.song })
    expect(step).toMatchObject({ status: 'skipped', reason: 'condition' })
    expect(at).toEqual([12])
  })

  it('that cannot be read do not spoil the show', async () => {
    const { at, step } = await flashes({ ...song, lyrics: 'nowhere.lrc' })
    expect(step).toMatchObject({ status: 'failed', error: { code: 'ENOENT' } })
    expect(at).toEqual([12])
  })
})

describe('a planner', () => {
  it('is asked for the whole first, then for every group, and its cues are what is written', async () => {
    const asked: string[] = []
    const fake: ShowPlanner = {
      macro: (profile, lyrics) => {
        asked.push(`macro ${profile.sections.length} sections, ${lyrics?.length ?? 'no'} lines`)
        return Promise.resolve({ looks: [], accents: [1] })
      },
      group: ({ name, turn }, groups, { accents }) => {
        asked.push(`${name} ${turn} of ${groups}`)
        return Promise.resolve(
          accents.map((at) => ({ at, seconds: 1, group: name, effect: 'fade', colour: 'red', level: 1 })),
        )
      },
    }
    const folder = await temporaryFolder()
    const { sequence } = await pipeWith(fake).run(sequencer, { ...song, lights: ['a', 'b'], folder })
    expect(asked).toEqual(['macro 4 sections, 2 lines', 'a 0 of 2', 'b 1 of 2'])
    expect(sequence.cues.map(({ group, at }) => [group, at])).toEqual([
      ['a', 1],
      ['b', 1],
    ])
  })

  it('that fails is asked again', async () => {
    let calls = 0
    const moody: ShowPlanner = {
      ...rulePlanner,
      macro: (...args) => (++calls < 3 ? Promise.reject(new Error('not now')) : rulePlanner.macro(...args)),
    }
    const run = pipeWith(moody).start(sequencer, { ...song, lights, folder: await temporaryFolder() })
    const { status, steps } = await run.result
    expect(status).toBe('succeeded')
    expect(steps['macro']?.attempts).toBe(3)
  })
})

describe('bad input', () => {
  it('is one error that names the file, and nothing is written', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'song.wav')
    await writeFile(file, 'not a sound')
    await expect(pipeWith().run(sequencer, { song: file, lights, folder })).rejects.toThrow(
      `Step "audio" of pipeline "sequencer" failed: Cannot read ${file}: `,
    )
    await expect(readFile(join(folder, 'sequence.json'))).rejects.toThrow('ENOENT')
  })

  it('without lights is refused before anything starts', async () => {
    const run = pipeWith().run(sequencer, { song: 'song.wav', lights: [], folder: 'out' })
    await expect(run).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })
})
