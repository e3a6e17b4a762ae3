import { readFile } from 'node:fs/promises'
import { messageOf } from '@pipe/core'
import wavefile from 'wavefile'

/** Sound, one channel. */
export interface Audio {
  /** From -1 to 1. */
  readonly samples: Float32Array
  /** Samples a second. */
  readonly rate: number
  readonly seconds: number
}

/**
 * Reads a WAV file of 16, 24 or 32 bit; of several channels, the first.
 *
 * @throws Error that names the file
 */
export async function readAudio(file: string): Promise<Audio> {
  const bytes = await readFile(file)
  try {
    const wav = new wavefile.WaveFile(bytes)
    if (!hasRate(wav.fmt)) throw new Error('it does not say its sample rate')
    // The declarations do not tell that several channels are an array of arrays.
    const channels: unknown = wav.getSamples(false)
    const values: unknown = Array.isArray(channels) ? channels[0] : channels
    if (!(values instanceof Float64Array) || values.length === 0) throw new Error('there is no sound in it')
    const loudest = loudestOf(wav.bitDepth)
    const samples = Float32Array.from(values, (value) => value / loudest)
    return { samples, rate: wav.fmt.sampleRate, seconds: samples.length / wav.fmt.sampleRate }
  } catch (error) {
    throw new Error(`Cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}

/** The declarations say of a header that it is an object. */
const hasRate = (format: object): format is { sampleRate: number } =>
  'sampleRate' in format && typeof format.sampleRate === 'number'

/** The largest value of a sample. (The library can convert to fractions, but takes seconds for a song.) */
function loudestOf(bitDepth: string): number {
  if (bitDepth === '32f' || bitDepth === '64') return 1
  if (['16', '24', '32'].includes(bitDepth)) return 2 ** (Number(bitDepth) - 1)
  throw new Error(`samples of ${bitDepth} bit are not supported`)
}
