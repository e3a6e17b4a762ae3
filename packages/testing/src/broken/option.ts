import { messageOf, PipelineError, type StepInfo } from '@pipe/core'

declare module '@pipe/core' {
  interface StepOptions {
    /** The option that the broken plugins own. */
    readonly broken?: true
  }
}

/** Whether `step` has the option. Refuses other values as a plugin should. */
export function asksForIt({ id, options, kind }: StepInfo): boolean {
  const { broken } = options as { readonly broken?: unknown }
  if (broken !== undefined && broken !== true) {
    throw new PipelineError('OPTION_INVALID', `\`broken\` of step "${id}" must be true; got ${messageOf(broken)}.`)
  }
  return broken === true && kind !== 'map'
}
