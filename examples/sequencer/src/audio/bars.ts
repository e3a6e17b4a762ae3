import meyda from 'meyda'

/** Four beats. Times in seconds. */
export interface Bar {
  readonly start: number
  readonly end: number
  /** How loud it is, from 0 to 1; the loudest bar of the song has 1. */
  readonly energy: number
  /** The note that sounds most. */
  readonly note: string
}

const notes = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'] as const

/** Samples that are looked at together: a power of two, and long enough to tell notes apart. */
const FRAME = 8192

/** What the bars of a song are like. The first beat is the first of a bar. */
export function barsOf(beats: readonly number[], samples: Float32Array, rate: number): Bar[] {
  meyda.sampleRate = rate
  meyda.bufferSize = FRAME
  const beat = ((beats.at(-1) ?? 0) - (beats[0] ?? 0)) / (beats.length - 1)
  const firsts = beats.filter((_, i) => i % 4 === 0)
  const measured = firsts.map((start, i) => {
    const end = firsts[i + 1] ?? start + 4 * beat
    return { start, end, ...measure(samples.subarray(Math.round(start * rate), Math.round(end * rate))) }
  })
  const loudest = Math.max(...measured.map(({ energy }) => energy))
  return measured.map((bar) => ({ ...bar, energy: bar.energy / loudest }))
}

function measure(bar: Float32Array): { energy: number; note: string } {
  const frames = Array.from({ length: Math.floor(bar.length / FRAME) }, (_, i) => {
    const { rms, chroma } = meyda.extract(['rms', 'chroma'], bar.subarray(i * FRAME, (i + 1) * FRAME)) ?? {}
    return { rms: rms ?? 0, chroma: chroma ?? [] }
  })
  const energy = Math.sqrt(frames.reduce((sum, { rms }) => sum + rms ** 2, 0) / Math.max(frames.length, 1))
  const sounding = notes.map((_, i) => frames.reduce((sum, { chroma, rms }) => sum + (chroma[i] ?? 0) * rms, 0))
  return { energy, note: notes[sounding.indexOf(Math.max(...sounding))] ?? notes[0] }
}
