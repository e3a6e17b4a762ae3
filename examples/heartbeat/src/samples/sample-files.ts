import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { service } from '@pipe/core'
import { Measured } from './measured.ts'

/** Files of samples, one a minute: old ones are removed whole, so nobody rewrites a file that another one appends to. */
export interface SampleFiles {
  append(sample: Measured): Promise<void>
  /** Those of slots after `from`, up to `to`, epoch ms: the first is the oldest. */
  between(from: number, to: number): Promise<readonly Measured[]>
  /** Removes the files of minutes that were over at a time, epoch ms; answers how many. */
  dropBefore(time: number): Promise<number>
}
export const SampleFiles = service<SampleFiles>()('sampleFiles')

const MINUTE = 60_000
const NAME = /^\d{8}T\d{4}\.ndjson$/

/** The file of a time: `20260701T0900.ndjson`. */
const nameOf = (time: number) => `${new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}.ndjson`

/** @param folder is made when something is appended */
export function sampleFilesIn(folder: string): SampleFiles {
  const names = async () => {
    const all = await readdir(folder).catch(ifMissing([]))
    return all.filter((name) => NAME.test(name)).sort()
  }
  return {
    append: async (sample) => {
      await mkdir(folder, { recursive: true })
      await appendFile(join(folder, nameOf(sample.slot)), `${JSON.stringify(sample)}\n`)
    },
    between: async (from, to) => {
      const [first, last] = [nameOf(from), nameOf(to)]
      const wanted = (await names()).filter((name) => name >= first && name <= last)
      const texts = await Promise.all(wanted.map((name) => readFile(join(folder, name), 'utf8').catch(ifMissing(''))))
      const samples = new Map(texts.flatMap(samplesOf).map((sample) => [sample.slot, sample]))
      return [...samples.values()].filter(({ slot }) => slot > from && slot <= to).sort((a, b) => a.slot - b.slot)
    },
    dropBefore: async (time) => {
      const last = nameOf(time - MINUTE)
      const old = (await names()).filter((name) => name <= last)
      await Promise.all(old.map((name) => rm(join(folder, name), { force: true })))
      return old.length
    },
  }
}

/** The samples in a file. A line that a machine has not written to its end is none. */
function samplesOf(text: string): readonly Measured[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { success, data } = Measured.safeParse(JSON.parse(line))
      return success ? [data] : []
    } catch {
      return []
    }
  })
}

const ifMissing =
  <T>(instead: T) =>
  (error: unknown): T => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return instead
    throw error
  }
