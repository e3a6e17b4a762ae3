import { pipeline } from '@pipe/core'
import { z } from 'zod'
import { profileOf } from './audio/profile.ts'
import { readAudio } from './audio/read-audio.ts'
import { readLyrics } from './audio/read-lyrics.ts'
import { assemble } from './show/assemble.ts'
import { Planner } from './show/planner.ts'
import { writeSequence } from './show/write-sequence.ts'

const Input = z.object({
  /** The WAV file. */
  song: z.string().min(1),
  /** The LRC file with its words, if there is one. */
  lyrics: z.string().min(1).optional(),
  /** Names of the groups of lights. */
  lights: z.array(z.string().min(1)).min(1),
  /** The folder to write to; made when it is not there. */
  folder: z.string().min(1),
})

/** From a song to a show of lights. */
export const sequencer = pipeline('sequencer', { input: Input }, (p, input) => {
  const audio = p.step('audio', { run: ({ input }) => readAudio(input.song) })

  const profile = p.step('profile', { needs: { audio }, run: ({ audio }) => profileOf(audio) })

  const lyrics = p.step('lyrics', {
    needs: { input, audio },
    when: ({ input }) => input.lyrics !== undefined,
    optional: true, // a show can do without
    run: ({ input, audio }) => readLyrics(input.lyrics ?? '', audio.seconds),
  })

  const macro = p.step('macro', {
    needs: { profile, lyrics },
    uses: { planner: Planner },
    retry: 3,
    run: ({ profile, lyrics }, { use, signal }) => use.planner.macro(profile, lyrics, signal),
  })

  const groups = p.map('groups', {
    needs: { input, profile, macro },
    over: ({ input }) => input.lights.map((name, turn) => ({ name, turn })),
    key: ({ name }) => name,
    concurrency: 4,
    uses: { planner: Planner },
    retry: 3,
    run: (group, { needs: { input, macro, profile }, use, signal }) =>
      use.planner.group(group, input.lights.length, macro, profile, signal),
  })

  const sequence = p.step('assembly', { needs: { profile, macro, groups }, run: assemble })

  const file = p.step('export', {
    needs: { input, sequence },
    run: ({ input, sequence }) => writeSequence(input.folder, sequence),
  })

  return { sequence, file }
})
