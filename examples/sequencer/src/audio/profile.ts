import { beatTrack, onsets } from '@audio/beat'
import { type Bar, barsOf } from './bars.ts'
import type { Audio } from './read-audio.ts'
import { type Section, sectionsOf } from './sections.ts'

/** What can be heard in a song. Times in seconds. */
export interface Profile {
  readonly seconds: number
  /** Beats a minute. */
  readonly tempo: number
  readonly beats: readonly number[]
  /** How many times something was struck. */
  readonly onsets: number
  readonly bars: readonly Bar[]
  readonly sections: readonly Section[]
}

/** About 46 ms of sound in a frame, a new one every 12 ms, whatever the sample rate is. */
const framesOf = (rate: number) => {
  const frameSize = 2 ** Math.round(Math.log2(rate * 0.046))
  return { fs: rate, frameSize, hopSize: frameSize / 4 }
}

/**
 * Listens to a song in four-four time: its tempo, its beats, what its bars are like and which belong together.
 *
 * The tempo is looked for between 80 and 160: half of it or twice as much would fit the same beats.
 *
 * @throws Error when there is no beat in it
 */
export function profileOf({ samples, rate, seconds }: Audio): Profile {
  const frames = framesOf(rate)
  const { bpm, beats } = beatTrack(samples, { ...frames, minBpm: 80, maxBpm: 160 })
  if (beats.length < 8) throw new Error(`There is no beat in it: ${beats.length} of them in ${seconds} seconds`)
  // The library tells where a frame begins; what it heard is in the middle of it.
  const times = Array.from(beats, (at) => at + frames.frameSize / 2 / rate)
  const bars = barsOf(times, samples, rate)
  return { seconds, tempo: bpm, beats: times, onsets: onsets(samples, frames).length, bars, sections: sectionsOf(bars) }
}
