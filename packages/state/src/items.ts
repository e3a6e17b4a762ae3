import { type MiddlewareContext, PipelineError } from '@pipe/core'
import type { Codec } from './codec.ts'
import { hasIdentity, identityOf } from './identity.ts'
import type { Recorder } from './recorder.ts'

/** Sees to it that items are those that were there before: what they did is recorded by their keys. */
export class Items {
  readonly #recorder: Recorder
  readonly #codec: Codec
  /** What tells apart the items that run a pipeline, by key. */
  readonly #known: ReadonlyMap<string, string>

  constructor(recorder: Recorder, codec: Codec, known: ReadonlyMap<string, string>) {
    this.#recorder = recorder
    this.#codec = codec
    this.#known = known
  }

  /** An item that runs a pipeline begins: what is recorded is of its steps. Throws `RUN_CHANGED`. */
  begin(ctx: MiddlewareContext, key: string): void {
    const before = this.#known.get(key)
    if (before !== undefined) return this.restore(ctx, before)
    const now = identityOf(this.#codec, ctx.item)
    if (now !== undefined) this.#recorder.item(key, now)
  }

  /** The item that was recorded with `identity` is restored. Throws `RUN_CHANGED`. */
  restore(ctx: MiddlewareContext, identity: string | undefined): void {
    if (identity !== undefined && !hasIdentity(this.#codec, ctx.item, identity)) throw otherItem(ctx)
  }
}

function otherItem({ stepId: step, pipeline }: MiddlewareContext): PipelineError {
  const message = `Item "${step}" is another than the one that was recorded under its key. Give the map a \`key\` that tells its items apart, or a source that answers the same again.`
  return new PipelineError('RUN_CHANGED', message, { pipeline, step })
}
