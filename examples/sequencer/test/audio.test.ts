import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import wavefile from 'wavefile'
import { profileOf } from '../src/audio/profile.ts'
import { readAudio } from '../src/audio/read-audio.ts'
import { readLyrics } from '../src/audio/read-lyrics.ts'
import { compose } from '../src/song/compose.ts'
import { sampleRate } from '../src/song/instruments.ts'
import { temporaryFolder } from './temporary-folder.ts'

const listen = (tempo: number) => {
  const samples = compose(tempo)
  return profileOf({ samples, rate: sampleRate, seconds: samples.length / sampleRate })
}

describe('the profile of a song', () => {
  it.each([84, 97, 113, 128, 156])('has its tempo, within two hundredths: %d', (tempo) => {
    expect(Math.abs(listen(tempo).tempo / tempo - 1)).toBeLessThan(0.02)
  })

  it('has its beats, within 50 ms', () => {
    const { beats } = listen(120)
    expect(beats.length).toBeGreaterThanOrEqual(47)
    for (const [i, at] of beats.entries()) expect(Math.abs(at - i * 0.5), `beat ${i}`).toBeLessThan(0.05)
  })

  it('has its bars: what sounds in them, and sections that are equally loud', () => {
    const { bars, sections } = listen(120)
    expect(bars.slice(0, 8).map(({ note }) => note)).toEqual(['A', 'F', 'C', 'G', 'A', 'F', 'C', 'G'])
    expect(sections.map(({ mood, bars }) => [mood, bars])).toEqual([
      ['calm', 2],
      ['steady', 4],
      ['peak', 4],
      ['calm', 2],
    ])
  })

  it('is not made up where there is no beat', () => {
    expect(() => profileOf({ samples: new Float32Array(1000), rate: sampleRate, seconds: 1000 / sampleRate })).toThrow(
      'There is no beat in it',
    )
  })
})

describe('reading a WAV file', () => {
  const wave = [0, 0.25, -0.5, 0.75]

  it.each(['16', '24', '32', '32f', '64'])('gives samples from -1 to 1 and the rate: %s bit', async (depth) => {
    const file = join(await temporaryFolder(), 'a.wav')
    const wav = new wavefile.WaveFile()
    const isFraction = depth === '32f' || depth === '64'
    wav.fromScratch(1, 8000, depth, isFraction ? wave : wave.map((value) => value * 2 ** (Number(depth) - 1)))
    await writeFile(file, wav.toBuffer())
    expect(await readAudio(file)).toEqual({ samples: Float32Array.from(wave), rate: 8000, seconds: 4 / 8000 })
  })

  it('takes the first of several channels', async () => {
    const file = join(await temporaryFolder(), 'a.wav')
    const wav = new wavefile.WaveFile()
    wav.fromScratch(2, 8000, '32f', [wave, [1, 1, 1, 1]])
    await writeFile(file, wav.toBuffer())
    expect((await readAudio(file)).samples).toEqual(Float32Array.from(wave))
  })

  it.each([
    ['what is not one', 'not a sound'],
    ['an empty file', ''],
  ])('refuses %s, and names it', async (_, content) => {
    const file = join(await temporaryFolder(), 'a.wav')
    await writeFile(file, content)
    await expect(readAudio(file)).rejects.toThrow(`Cannot read ${file}: `)
  })
})

describe('reading lyrics', () => {
  it('gives the lines that are sung while the song lasts, in order', async () => {
    const file = join(await temporaryFolder(), 'a.lrc')
    await writeFile(file, '[ti:A song]\n[00:08.50]second\n[00:01.00] first \n[00:02.00]\nno time\n[01:00.00]too late\n')
    expect(await readLyrics(file, 60)).toEqual([
      { at: 1, words: 'first' },
      { at: 8.5, words: 'second' },
    ])
  })
})
