import type { Profile } from '../audio/profile.ts'
import type { Cue, MacroPlan } from './planner.ts'

/** A show that can be played. Times in seconds, to the millisecond. */
export interface Sequence {
  /** Beats a minute. */
  readonly tempo: number
  readonly seconds: number
  readonly sections: MacroPlan['looks']
  /** In the order of time; at the same time, in that of the groups. */
  readonly cues: readonly Cue[]
}

interface Parts {
  readonly profile: Profile
  readonly macro: MacroPlan
  readonly groups: readonly (readonly Cue[])[]
}

/** Puts the cues of all groups in order. */
export function assemble({ profile, macro, groups }: Parts): Sequence {
  const { tempo, seconds } = profile
  const exact = (time: number) => Math.round(time * 1000) / 1000
  return {
    tempo,
    seconds: exact(seconds),
    sections: macro.looks.map((look) => ({ ...look, start: exact(look.start), end: exact(look.end) })),
    cues: groups
      .flat()
      .map((cue) => ({ ...cue, at: exact(cue.at), seconds: exact(cue.seconds) }))
      .toSorted((a, b) => a.at - b.at),
  }
}
