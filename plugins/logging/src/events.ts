import type { LogLevel } from './sink.ts'

/** What a line can be about. */
export type LogEvent =
  | 'run:start'
  | 'run:pause'
  | 'run:resume'
  | 'run:succeeded'
  | 'run:failed'
  | 'run:cancelled'
  | 'step:start'
  | 'step:attempt'
  | 'step:retry'
  | 'step:progress'
  | 'step:succeeded'
  | 'step:restored'
  | 'step:skipped'
  | 'step:failed'
  | 'step:cancelled'
  | 'step:undo'
  | 'step:undo-failed'
  | 'item:succeeded'
  | 'item:restored'
  | 'item:skipped'
  | 'item:failed'
  | 'item:cancelled'

/** The level of each line; `false` leaves it out. */
export type Levels = Readonly<Record<LogEvent, LogLevel | false>>

export const DEFAULT_LEVELS: Levels = {
  'run:start': 'info',
  'run:pause': 'info',
  'run:resume': 'info',
  'run:succeeded': 'info',
  'run:failed': 'error',
  'run:cancelled': 'warn',
  'step:start': 'info',
  'step:attempt': 'debug',
  'step:retry': 'warn',
  'step:progress': 'debug',
  'step:succeeded': 'info',
  'step:restored': 'info',
  'step:skipped': 'info',
  'step:failed': 'error',
  'step:cancelled': 'info',
  'step:undo': 'info',
  'step:undo-failed': 'error',
  'item:succeeded': 'info',
  'item:restored': 'info',
  'item:skipped': 'info',
  'item:failed': 'error',
  'item:cancelled': 'info',
}

const TROUBLE: ReadonlySet<LogEvent> = new Set<LogEvent>([
  'step:retry',
  'step:failed',
  'step:undo-failed',
  'item:failed',
])

/** Whether a line says that something went wrong: sampling and the options of a step leave it alone. */
export const isTrouble = (event: LogEvent) => TROUBLE.has(event)

/** Names of events as lines have them: `step.undo_failed`. */
export const EVENT_NAMES = Object.fromEntries(
  Object.keys(DEFAULT_LEVELS).map((event) => [event, event.replace(':', '.').replace('-', '_')]),
) as Readonly<Record<LogEvent, string>>
