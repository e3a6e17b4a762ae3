import { GraphBuilder } from './builder.ts'
import { DefinitionCheck, PIPELINE, textOf } from './definition-check.ts'
import { aString, checkOptions, type OptionRules } from './options.ts'
import type { Handle } from './handle.ts'
import type { OutputOfReturned, Pipeline, RequiredByReturned, Returned } from './pipeline.ts'
import { type InputOf, isSchema, type OutputOf, type Schema } from './schema.ts'
import type { Steps } from './steps.ts'

/** What a pipeline is besides its steps. */
export interface PipelineOptions<S extends Schema | undefined> {
  /** Schema of the input, checked when a run starts and when another pipeline calls this one. Default: no input. */
  readonly input?: S
  /** Version of the definition; appears in results and records. */
  readonly version?: string
}

const rules: OptionRules<PipelineOptions<Schema>> = {
  input: ['a Standard Schema (zod, valibot, arktype …) or type<T>()', isSchema],
  version: aString,
}

/**
 * Defines a pipeline. `define` is called once, at once, and only describes: it declares steps on `p` and returns the
 * handle, or a record of handles, whose outputs are the output of the pipeline. It gets no run data.
 *
 * ```ts
 * const greet = pipeline('greet', { input: type<{ name: string }>() }, (p, input) => {
 *   const text = p.step('text', { needs: { input }, run: ({ input }) => `Hello, ${input.name}!` })
 *   return { text }
 * })
 * ```
 * @throws PipelineError `DEFINITION_INVALID`, `STEP_DUPLICATE`, `STEP_UNREACHABLE`, `HANDLE_FOREIGN`, `OPTION_INVALID`
 */
export function pipeline<const R extends Returned, S extends Schema | undefined = undefined>(
  name: string,
  options: PipelineOptions<S>,
  define: (p: Steps<Taken<S>>, input: Handle<Taken<S>>) => R,
): Pipeline<Given<S>, OutputOfReturned<R>, RequiredByReturned<R>>
export function pipeline<const R extends Returned>(
  name: string,
  define: (p: Steps<void>, input: Handle<void>) => R,
): Pipeline<void, OutputOfReturned<R>, RequiredByReturned<R>>
export function pipeline(
  name: string,
  ...rest: readonly [(PipelineOptions<Schema> | Define)?, Define?]
): Pipeline<never, unknown, unknown> {
  const [first = {}, second] = rest
  const options = typeof first === 'function' ? {} : first
  const define = typeof first === 'function' ? first : second
  const check: DefinitionCheck = new DefinitionCheck(textOf(name))
  if (typeof name !== 'string' || name === '') check.fail(undefined, 'the name must be a non-empty string')
  if (typeof define !== 'function') {
    check.fail(undefined, 'expected pipeline(name, options?, define) with a function at the end')
  }
  const { input, version } = checkOptions(options, rules, { owner: `pipeline "${name}"`, pipeline: name })
  const builder = new GraphBuilder(check)
  // The builder is the untyped implementation of the typed surface; its checks hold what the types promise.
  const graph = builder.finish(define(builder as unknown as Steps<never>, builder.input))
  // The types of a pipeline are phantom: there is nothing at run time to show for them.
  return Object.freeze({ name, version, input, graph, [PIPELINE]: true }) as unknown as Pipeline<
    never,
    unknown,
    unknown
  >
}

/* eslint-disable @typescript-eslint/no-invalid-void-type -- `void` is the input of a pipeline without one */
/** What callers give to a pipeline with the schema `S`. */
type Given<S> = S extends Schema ? InputOf<S> : void
/** What its steps get. */
type Taken<S> = S extends Schema ? OutputOf<S> : void
/* eslint-enable @typescript-eslint/no-invalid-void-type */

type Define = (p: Steps<never>, input: Handle<never>) => unknown
