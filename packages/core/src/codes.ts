/**
 * Every code a {@link PipelineError} can carry, with what it means and what to do. The error reference in the docs is
 * generated from this table.
 */
export const errorCodes = {
  DEFINITION_INVALID: 'The pipeline definition breaks a rule. The message names the step and the rule.',
  STEP_DUPLICATE: 'Two steps of one pipeline have the same id. Give one of them another id.',
  STEP_UNREACHABLE:
    'Nothing leads from the returned handles to this step. Return its handle, or let a step need it or come after it.',
  HANDLE_FOREIGN: 'A step reads a handle of another pipeline. Use `p.call` to run that pipeline as a step.',
  OPTION_UNKNOWN:
    'A step has an option that no plugin of the pipe owns. Add the plugin that owns it to `createPipe`, or remove the option.',
  OPTION_INVALID: 'An option has a value outside its range. The message names the option, the value and the range.',
  SERVICE_MISSING: 'A step uses a service that was given neither to the pipe nor to the run. Pass it in `services`.',
  INPUT_INVALID: 'The input does not match the schema of the pipeline. Nothing was started.',
  OUTPUT_INVALID: 'A step returned something that it may not return. The cause lists what is wrong.',
  STEP_FAILED: 'A step failed, and with it the run. `step` is its path, `cause` what it threw.',
  FALLBACK_EXHAUSTED: 'Every alternative of a fallback failed. `cause` holds their errors in order.',
  LOOP_LIMIT: 'A loop ran `max` times and `until` was still false. Raise `max`, or let `until` accept the last state.',
  ITEM_KEY_DUPLICATE: 'Two items of a map have the same key. Return a unique key for each item.',
  CANCELLED: 'The run was cancelled. `cause` is the reason that was given.',
  TIMEOUT: 'A limit on time was reached before the work was done.',
  SHUTDOWN:
    'The pipe, or the process that executes the run, is shutting down. A durable run goes on in another process.',
  LEASE_LOST: 'This process no longer owns the run. Another process may execute it.',
  RUN_STATE: 'The run is not in a state in which this can be done. The message names both.',
  PLUGIN_INVALID: 'A plugin breaks the contract: no name, the name of another plugin, or an option of another plugin.',
  PLUGIN_SETUP_FAILED: 'A plugin could not be set up. The next run tries again.',
  PIPE_CLOSED: 'The pipe was closed. Create another one.',
  NEXT_AFTER_SETTLE: 'A middleware called `next` after its step had settled. Call it only while the step is running.',
  OBSERVER_FAILED: 'A hook or listener threw. The run is not affected.',
} as const

type CoreErrorCodes = typeof errorCodes

/**
 * The codes there are, by name. Packages add their own by declaration merging:
 * ```ts
 * declare module '@pipe/core' {
 *   interface ErrorCodes { readonly QUOTA_EXCEEDED: 'The quota of the tenant is used up.' }
 * }
 * ```
 */

export interface ErrorCodes extends CoreErrorCodes {}

/** What went wrong, as a stable string. */
export type ErrorCode = keyof ErrorCodes
