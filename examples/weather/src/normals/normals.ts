import { service } from '@pipe/core'
import { z } from 'zod'

/** Knows how warm a month normally is. */
export interface NormalsSource {
  /** Mean temperature of a month (1 to 12) from 1981 to 2010, °C. Rejects when the source cannot tell. */
  temperature(month: number, signal: AbortSignal): Promise<number>
}

export const Normals = service<NormalsSource>()('normals')

const Answer = z.object({ month: z.number(), temperature: z.number() })

/**
 * Asks a web service at `url`, and trusts nothing it says: an answer that is late, not a success or not what was agreed
 * is an error.
 *
 * @param patience how long to wait for an answer, milliseconds
 */
export function normalsFrom(url: string, patience: number): NormalsSource {
  return {
    async temperature(month, signal) {
      const late = AbortSignal.timeout(patience)
      const response = await fetch(`${url}/normals/${month}`, { signal: AbortSignal.any([signal, late]) }).catch(
        (error: unknown) => {
          throw late.aborted ? new Error(`no answer within ${patience} ms`, { cause: error }) : error
        },
      )
      const text = await response.text()
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
      return read(text).temperature
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
