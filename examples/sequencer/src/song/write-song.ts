import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import wavefile from 'wavefile'
import { compose, form } from './compose.ts'
import { sampleRate } from './instruments.ts'

/** Paths of a song. */
export interface SongFiles {
  /** A WAV file: 16 bit, mono. */
  readonly song: string
  /** Its words, in the LRC format. */
  readonly lyrics: string
}

/** Composes a song and writes it to a folder, which is made when it is not there. */
export async function writeSong(folder: string, tempo: number): Promise<SongFiles> {
  const files = { song: join(folder, 'song.wav'), lyrics: join(folder, 'song.lrc') }
  const wav = new wavefile.WaveFile()
  wav.fromScratch(
    1,
    sampleRate,
    '16',
    compose(tempo).map((sample) => sample * 0x7fff),
  )
  await mkdir(folder, { recursive: true })
  await writeFile(files.song, wav.toBuffer())
  await writeFile(files.lyrics, words(240 / tempo))
  return files
}

/** One line at the start of the verse, and one at the start of the chorus. */
function words(secondsABar: number): string {
  const verse = form[0].bars * secondsABar
  const chorus = verse + form[1].bars * secondsABar
  return `[ti:A song of sines]\n${stamp(verse)}Somebody left the lights on\n${stamp(chorus)}Let them all shine\n`
}

/** `[00:08.00]` */
const stamp = (seconds: number) =>
  `[${String(Math.floor(seconds / 60)).padStart(2, '0')}:${(seconds % 60).toFixed(2).padStart(5, '0')}]`
