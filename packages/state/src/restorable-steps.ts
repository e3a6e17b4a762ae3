import type { AnyPipeline, DryRunInfo, DryRunVerdict } from '@pipe/core'
import { originOf } from './fork.ts'
import { Generations } from './generations.ts'
import type { DurableSettings } from './options.ts'
import { readEntry } from './record.ts'
import { latestRecords } from './recorded-steps.ts'
import { changesIn, signaturesOf, told } from './signatures.ts'
import { encodeInput } from './stored-run.ts'
import { takenOver } from './take-over.ts'

/** What a run would go on with. */
interface Known {
  /** Paths of what was recorded. */
  readonly paths: ReadonlySet<string>
  /** Why it could not go on. */
  readonly blocked?: string
}

/** Which steps would not have to run, for dry runs, which ask about one step after another. */
export class RestorableSteps {
  readonly #settings: DurableSettings
  /** What was last read, and of which run as it was when. */
  #read: { readonly of: string; readonly definition: AnyPipeline; readonly known: Promise<Known> } | null = null

  constructor(settings: DurableSettings) {
    this.#settings = settings
  }

  /**
   * What there is to say of a step; of all of them alike when the definition is not what the run was recorded with.
   *
   * @throws what a run with these options would be refused with
   */
  async judge(info: DryRunInfo): Promise<DryRunVerdict | undefined> {
    const known = await this.#known(info)
    if (known?.blocked !== undefined) return { blocked: known.blocked }
    return known?.paths.has(info.stepId) === true ? { restored: true } : undefined
  }

  async #known({ runId, definition, options: { force, fork }, input }: DryRunInfo): Promise<Known | undefined> {
    const { store, codec } = this.#settings
    const run = force === true ? undefined : await store.get(runId)
    if (run !== undefined) {
      const hasEnded = run.endedAt !== undefined
      return await this.#once(`${run.fence} ${run.updatedAt} ${runId}`, definition, async () => {
        const { history, isLatest } = await latestRecords(store, runId)
        const lines = hasEnded ? [] : changesIn(history.signatures, signaturesOf(definition)).map(told)
        const paths = new Set([...history.steps.keys()].filter(isLatest).map((key) => Generations.pathOf(key)))
        return { paths, ...(lines.length > 0 && { blocked: `the definition has changed: ${lines.join('; ')}` }) }
      })
    }
    if (fork === undefined) return undefined
    const origin = await originOf(this.#settings, fork, runId, definition, encodeInput(codec, input, definition.name))
    return await this.#once(`${JSON.stringify(origin)} ${runId}`, definition, async () => {
      const { entries } = await takenOver(store, origin, runId, definition)
      const read = entries.map(readEntry)
      return { paths: new Set(read.flatMap((one) => (one?.kind === 'step' ? [one.key] : []))) }
    })
  }

  /** What `read` answers, asked once as long as it is about the same; one that failed is asked again. */
  async #once(of: string, definition: AnyPipeline, read: () => Promise<Known>): Promise<Known> {
    if (this.#read?.of !== of || this.#read.definition !== definition) {
      const known = read()
      this.#read = { of, definition, known }
      known.catch(() => {
        if (this.#read?.known === known) this.#read = null
      })
    }
    return await this.#read.known
  }
}
