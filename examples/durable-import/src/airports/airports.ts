import { service } from '@pipe/core'
import { z } from 'zod'

/** Knows how many airports a state has. */
export interface AirportsSource {
  /** Rejects when the source cannot tell now. */
  count(state: string, signal: AbortSignal): Promise<number>
}

export const Airports = service<AirportsSource>()('airports')

const Answer = z.object({ state: z.string(), airports: z.number() })

/** An answer that is not a success. The plugin for retries reads in `headers` how long to wait. */
class Refusal extends Error {
  readonly headers: Headers

  constructor({ status, statusText, headers }: Response) {
    super(`${status} ${statusText}`)
    this.headers = headers
  }
}

/**
 * Asks a web service at `url`: an answer that is late, not a success or not what was agreed is an error.
 *
 * @param patience how long to wait for an answer, ms
 */
export function airportsFrom(url: string, patience: number): AirportsSource {
  return {
    async count(state, signal) {
      const late = AbortSignal.timeout(patience)
      const response = await fetch(`${url}/airports/${state}`, { signal: AbortSignal.any([signal, late]) }).catch(
        (error: unknown) => {
          throw late.aborted ? new Error(`no answer within ${patience} ms`, { cause: error }) : error
        },
      )
      const text = await response.text()
      if (!response.ok) throw new Refusal(response)
      return read(text).airports
    },
  }
}

function read(text: string) {
  try {
    return Answer.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`an answer that makes no sense: ${text.slice(0, 30)}`, { cause })
  }
}
