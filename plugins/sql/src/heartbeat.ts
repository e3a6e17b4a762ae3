/** How often whoever executes runs says that it is alive. */
export const HEARTBEAT_MS = 30_000

/** A run that is executed, and whose process has said nothing for so long, is lost: the process is gone. */
export const LOST_AFTER_MS = 3 * HEARTBEAT_MS
