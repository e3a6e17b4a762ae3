import { type Duration, toMs } from '@pipe/core'

/** Whether `value` is a length of time from `least` to `most`, in ms, both included. */
export function isDuration(value: unknown, least: number, most: number): boolean {
  try {
    const ms = toMs(value as Duration)
    return ms >= least && ms <= most
  } catch {
    return false
  }
}
