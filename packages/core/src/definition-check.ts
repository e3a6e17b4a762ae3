import { messageOf, PipelineError } from './errors.ts'
import type { GraphOwner } from './graph.ts'

/** A specification as it comes from the user, whatever its kind. The typed view is `Steps`. */
export type Spec = Readonly<Record<string, unknown>>

type Fn = (...args: never[]) => unknown

export const isRecord = (value: unknown): value is Spec => typeof value === 'object' && value !== null

/** What every pipeline has, of whatever copy of this package, and no copy of one. */
export const PIPELINE = Symbol.for('@pipe/core.pipeline')

export const isGraphOwner = (value: unknown): value is GraphOwner => isRecord(value) && PIPELINE in value

/** @throws PipelineError `DEFINITION_INVALID` for anything but a pipeline */
export function checkPipeline(value: unknown): void {
  if (isGraphOwner(value)) return
  throw new PipelineError('DEFINITION_INVALID', `Expected what \`pipeline(...)\` returns, got ${textOf(value)}.`)
}

/** Checks what the definition of one pipeline says: answers with the value, or throws with the step and the field. */
export class DefinitionCheck {
  readonly #pipeline: string

  constructor(pipeline: string) {
    this.#pipeline = pipeline
  }

  id(id: string): string {
    if (typeof id === 'string' && /^[^/[\]]+$/.test(id) && id !== '__proto__') return id
    return this.fail(textOf(id), 'an id is a non-empty string without `/`, `[` and `]`')
  }

  record(id: string, value: unknown): Spec {
    return isRecord(value) ? value : this.fail(id, `expected an object that describes the step, got ${typeOf(value)}`)
  }

  pipeline(id: string, value: unknown): GraphOwner {
    return isGraphOwner(value) ? value : this.fail(id, `expected a pipeline, got ${typeOf(value)}`)
  }

  /** The function `spec[key]`. */
  fn(id: string, spec: Spec, key: string): Fn {
    const value = spec[key]
    return typeof value === 'function'
      ? (value as Fn)
      : this.fail(id, `\`${key}\` must be a function, got ${typeOf(value)}`)
  }

  /** A whole number from 1 up. */
  whole(id: string, value: unknown, key: string): number {
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
    return this.fail(id, `\`${key}\` must be a whole number from 1 up, got ${textOf(value)}`, 'OPTION_INVALID')
  }

  flag(id: string, value: unknown, key: string): boolean {
    if (value === undefined || typeof value === 'boolean') return value === true
    return this.fail(id, `\`${key}\` must be true or false, got ${textOf(value)}`, 'OPTION_INVALID')
  }

  version(id: string, value: unknown): string | undefined {
    if (value === undefined || (typeof value === 'string' && value !== '')) return value
    return this.fail(id, `\`version\` must be a non-empty string, got ${textOf(value)}`, 'OPTION_INVALID')
  }

  /** The ids of services by local name. */
  uses(id: string, uses: unknown): Readonly<Record<string, string>> {
    if (!isRecord(uses)) this.fail(id, '`uses` must be a record of services')
    const ids = Object.fromEntries(
      Object.entries(uses).map(([name, service]) => {
        if (isRecord(service) && typeof service['id'] === 'string') return [name, service['id']]
        return this.fail(id, `\`uses.${name}\` is not a service`)
      }),
    )
    return Object.freeze(ids)
  }

  fail(step: string | undefined, what: string, code: PipelineError['code'] = 'DEFINITION_INVALID'): never {
    const where = step === undefined ? '' : `step "${step}" of `
    const pipeline = this.#pipeline
    throw new PipelineError(code, `In ${where}pipeline "${pipeline}": ${what}.`, { pipeline, step })
  }
}

export const typeOf = (value: unknown): string => (value === null ? 'null' : typeof value)

export const textOf = (value: unknown): string => (isRecord(value) ? 'an object' : messageOf(value))
