import { z } from 'zod'

/** What was measured at a time. */
export const Measured = z.object({
  /** The time it was to be measured at, epoch ms: of each there is one. */
  slot: z.number(),
  /** Which process has measured itself. */
  pid: z.number(),
  /** How late the event loop was at most since the last sample. */
  delayMs: z.number(),
  memoryMb: z.number(),
  /** Of the machine, in the last minute; 0 on Windows. */
  load: z.number(),
})
export type Measured = z.infer<typeof Measured>
