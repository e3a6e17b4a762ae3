import type { Bar } from './bars.ts'

export type Mood = 'calm' | 'steady' | 'peak'

/** Bars in a row that are equally loud. Times in seconds. */
export interface Section {
  readonly mood: Mood
  readonly start: number
  readonly end: number
  readonly bars: number
}

const moodOf = ({ energy }: Bar): Mood => (energy < 0.45 ? 'calm' : energy < 0.8 ? 'steady' : 'peak')

/** The sections of a song, in order, without gaps. */
export function sectionsOf(bars: readonly Bar[]): Section[] {
  const sections: Section[] = []
  for (const bar of bars) {
    const last = sections.at(-1)
    const mood = moodOf(bar)
    if (last?.mood === mood) sections.splice(-1, 1, { ...last, end: bar.end, bars: last.bars + 1 })
    else sections.push({ mood, start: bar.start, end: bar.end, bars: 1 })
  }
  return sections
}
