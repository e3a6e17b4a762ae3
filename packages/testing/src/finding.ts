import { messageOf } from '@pipe/core'

/** What a check saw of somebody that breaks its rule, and what to do about it: two sentences without their full stops. */
class Finding extends Error {
  readonly remedy: string
  constructor(seen: string, remedy: string) {
    super(seen)
    this.remedy = remedy
  }
}

/** Ends a check, unless `holds`: with what was `seen`, and what to do. */
export function must(holds: boolean, seen: string, remedy: string): asserts holds {
  if (!holds) throw new Finding(seen, remedy)
}

/** What a check that ended with `thrown` found, as the message of an error, and whether its cause says more. */
export function told(thrown: unknown, broken: string): { readonly message: string; readonly cause?: unknown } {
  const found = thrown instanceof Finding
  const seen = found ? thrown.message : `it threw: ${messageOf(thrown)}`
  const remedy = found ? thrown.remedy : 'the cause of this error says where it was thrown; mend it there'
  const message = `${broken}.\nSeen: ${seen.replace(/\.$/, '')}.\nWhat to do: ${remedy}.`
  return found ? { message } : { message, cause: thrown }
}
