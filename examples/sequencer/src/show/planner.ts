import { service } from '@pipe/core'
import type { LyricLine } from '../audio/read-lyrics.ts'
import type { Profile } from '../audio/profile.ts'
import type { Section } from '../audio/sections.ts'

/** The show in broad strokes. */
export interface MacroPlan {
  /** What every section of the song looks like. */
  readonly looks: readonly Look[]
  /** Moments at which everything lights up. Seconds. */
  readonly accents: readonly number[]
}

/** What the lights do in a section. */
export interface Look extends Section {
  /** From 0 to 1. */
  readonly brightness: number
  /** How often a light changes. */
  readonly every: 'bar' | 'beat'
}

/** One light, or lights that do the same, does something. */
export interface Cue {
  /** Seconds. */
  readonly at: number
  readonly seconds: number
  readonly group: string
  readonly effect: 'fade' | 'pulse' | 'flash'
  /** A colour of CSS. */
  readonly colour: string
  /** From 0 to 1. */
  readonly level: number
}

/** Lights that are planned together. */
export interface LightGroup {
  readonly name: string
  /** Which bars or beats are theirs: those whose number, divided by the number of groups, leaves this. */
  readonly turn: number
}

/** Thinks of shows. A language model may be one; the one that comes with this example follows rules. */
export interface ShowPlanner {
  /** @param lyrics `undefined` when nobody knows the words */
  macro(profile: Profile, lyrics: readonly LyricLine[] | undefined, signal: AbortSignal): Promise<MacroPlan>
  group(group: LightGroup, groups: number, macro: MacroPlan, profile: Profile, signal: AbortSignal): Promise<Cue[]>
}

export const Planner = service<ShowPlanner>()('planner')
