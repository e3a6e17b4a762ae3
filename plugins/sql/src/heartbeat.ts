import { type Duration, type OptionRule, toMs } from '@pipe/core'

/** How often whoever executes runs says that it is alive, unless told otherwise. */
export const HEARTBEAT_MS = 30_000

/** A run that is executed, and whose process has said nothing for so long, is lost: the process is gone. */
export const LOST_AFTER_MS = 3 * HEARTBEAT_MS

const SECOND = 1_000
const HOUR = 3_600_000

/** For `heartbeat`: others see it in the database. */
export const heartbeatRule: OptionRule = [
  "a duration from a second to an hour, such as '10s'",
  (value) => isFrom(value, HOUR),
]

/** For `lostAfter`. */
export const lostAfterRule: OptionRule = ["a duration of a second or more, such as '30s'", (value) => isFrom(value)]

function isFrom(value: unknown, most = Number.MAX_SAFE_INTEGER): boolean {
  try {
    const ms = toMs(value as Duration)
    return ms >= SECOND && ms <= most
  } catch {
    return false
  }
}
