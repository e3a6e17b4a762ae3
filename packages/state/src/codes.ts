/** The codes that this package adds to those of core. */
export const errorCodes = {
  STORE_CLOSED: 'The store of runs is not open: `open` was not called, or `close` was.',
  STORE_UNAVAILABLE: 'The store of runs cannot be reached. It may answer later; nothing that it confirmed is lost.',
  STORE_UNFIT:
    'The store of runs cannot keep what it is there for: a setting of the server, its version, tables of another version, or, in tests, a broken rule of the contract. The message says what to change.',
  VALUE_UNSTORABLE:
    'A value cannot be recorded without losing something. The message names the place in it, and what is there.',
  RUN_TAKEN: 'Somebody else has this run: another process, or this one. Wait for it, or ask for its result.',
  RUN_PAUSED: 'The run is paused. Resume it first.',
  RUN_CONFLICT: 'A run has this id that was started with another input or another pipeline. Choose another id.',
  RUN_CHANGED:
    'The definition of the pipeline no longer fits what the run has recorded. The message names the steps that differ.',
  RUN_UNKNOWN: 'There is no run with this id in the store: it never was, or was deleted.',
  RUN_UNFINISHED: 'The run has not ended, so it cannot be deleted. Cancel or abandon it first.',
  RUN_DEAD: 'The run ended its process too often and is not tried again until it is revived.',
} as const

type StateErrorCodes = typeof errorCodes

declare module '@pipe/core' {
  interface ErrorCodes extends StateErrorCodes {}
}
