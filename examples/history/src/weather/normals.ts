import { service } from '@pipe/core'
import { z } from 'zod'

/** Knows how warm a month normally is. */
export interface NormalsSource {
  /** Mean temperature of a month (1 to 12) from 1981 to 2010, °C. Rejects when the source cannot tell. */
  temperature(month: number, signal: AbortSignal): Promise<number>
}

export const Normals = service<NormalsSource>()('normals')

/** The service refused, and how. */
class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/** The service did not answer in time. */
class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

const Answer = z.object({ temperature: z.number() })

/**
 * Asks a web service at `url`: an answer that is late, not a success or not what was agreed is an error.
 *
 * @param patience how long to wait for an answer, milliseconds
 */
export function normalsFrom(url: string, patience: number): NormalsSource {
  return {
    async temperature(month, signal) {
      const late = AbortSignal.timeout(patience)
      const response = await fetch(`${url}/normals/${month}`, { signal: AbortSignal.any([signal, late]) }).catch(
        (cause: unknown) => {
          throw late.aborted ? new NoAnswerError(`no answer within ${patience} ms`, { cause }) : cause
        },
      )
      const text = await response.text()
      if (!response.ok) throw new RefusedError(`${response.status} ${response.statusText}`)
      return Answer.parse(JSON.parse(text)).temperature
    },
  }
}
