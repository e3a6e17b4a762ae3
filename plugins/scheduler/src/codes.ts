/** The codes that this package adds to those of core. */
export const errorCodes = {
  EXECUTION_STATE: 'The execution cannot do that in the state that it is in. The message names both.',
  SCHEDULE_UNKNOWN: 'There is no schedule of that name here. Look for a typing error, or add it first.',
  SCHEDULE_STATE: 'The schedule, or the scheduler, cannot do that in the state that it is in. The message names both.',
} as const

type SchedulerErrorCodes = typeof errorCodes

declare module '@pipe/core' {
  interface ErrorCodes extends SchedulerErrorCodes {}
}
