import { toMs } from '@pipe/core'
import { instantOf } from './instant.ts'
import { modulo } from './interval-slots.ts'
import { type Timing, timingOf, type When, zoneOf } from './timing.ts'

/** A timing as it is kept: the same text for timings that fire at the same times, however they are written. */
export const textOf = (timing: Timing): string => JSON.stringify(canonical(timing))

/** What a kept timing says; `undefined` when it says nothing here: it was written by a version that knew more. */
export function whenOf(text: string): When | undefined {
  try {
    return timingOf(JSON.parse(text) as Timing, { owner: 'a kept timing' })
  } catch {
    return undefined
  }
}

function canonical(timing: Timing): Timing {
  if (timing.cron !== undefined) {
    const { cron, timezone, domAndDow = false } = timing
    return { cron: cron.trim().replace(/\s+/g, ' '), timezone: zoneOf(timezone), domAndDow }
  }
  if (timing.every !== undefined) {
    const { every, anchor = 0, fixedDelay = false } = timing
    const ms = Math.round(toMs(every))
    return fixedDelay ? { every: ms, fixedDelay } : { every: ms, anchor: modulo(instantOf(anchor), ms) }
  }
  if (timing.at !== undefined) return { at: instantOf(timing.at) }
  return { auto: true, cooldown: Math.round(toMs(timing.cooldown ?? 0)) }
}
