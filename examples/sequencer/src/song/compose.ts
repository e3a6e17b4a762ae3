import { chord, hat, type Instrument, kick, sampleRate } from './instruments.ts'

/** Parts of the song: how many bars, and how loud, from 0 to 1. */
export const form = [
  { name: 'intro', bars: 2, level: 0.3 },
  { name: 'verse', bars: 4, level: 0.6 },
  { name: 'chorus', bars: 4, level: 1 },
  { name: 'outro', bars: 2, level: 0.3 },
] as const

/** A minor, F, C, G; over and over. */
const chords = [
  chord([440, 523.25, 659.25]),
  chord([349.23, 440, 523.25]),
  chord([523.25, 659.25, 783.99]),
  chord([392, 493.88, 587.33]),
]

/**
 * A song for kick, hat and a keyboard in four-four time, always the same one.
 *
 * @param tempo beats a minute
 * @returns samples from -1 to 1
 */
export function compose(tempo: number): Float32Array {
  const beat = 60 / tempo
  const levels = form.flatMap(({ bars, level }) => Array.from({ length: bars }, () => level))
  const samples = new Float32Array(Math.ceil(levels.length * 4 * beat * sampleRate))

  const play = (instrument: Instrument, beats: number, seconds: number, level: number) => {
    const first = Math.round(beats * beat * sampleRate)
    const last = Math.min(first + Math.round(seconds * sampleRate), samples.length)
    for (let i = first; i < last; i++) samples[i]! += level * instrument((i - first) / sampleRate)
  }

  levels.forEach((level, bar) => {
    play(chords[bar % chords.length]!, bar * 4, 4 * beat, 0.12 * level)
    for (let i = 0; i < 4; i++) {
      play(kick, bar * 4 + i, 0.25, 0.7 * level)
      play(hat, bar * 4 + i + 0.5, 0.06, 0.1 * level)
    }
  })
  return samples
}
