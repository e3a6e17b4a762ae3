import { readFile } from 'node:fs/promises'
import { LineType, parse } from 'clrc'

/** A line that is sung. */
export interface LyricLine {
  /** Seconds. */
  readonly at: number
  readonly words: string
}

/** The lines of an LRC file that are sung in the first `seconds`, in order. Lines without a time are left out. */
export async function readLyrics(file: string, seconds: number): Promise<LyricLine[]> {
  return parse(await readFile(file, 'utf8'))
    .filter((line) => line.type === LineType.LYRIC)
    .map(({ startMillisecond, content }) => ({ at: startMillisecond / 1000, words: content.trim() }))
    .filter(({ at, words }) => at < seconds && words !== '')
    .toSorted((a, b) => a.at - b.at)
}
