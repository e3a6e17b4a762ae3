import { createHash } from 'node:crypto'
import type { Send } from './client.ts'
import { failureOf, isNoScript, unavailable } from './failure.ts'

/** A script in Lua, and the name under which servers keep it. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/** The server, as the store uses it. All reject with `STORE_UNAVAILABLE` or `STORE_UNFIT`. */
export interface Server {
  readonly command: (command: string, ...args: string[]) => Promise<unknown>
  /** Runs a script, which happens as a whole or not at all. `keys` are of one hash tag. */
  readonly run: (script: Script, keys: readonly string[], args: readonly string[]) => Promise<unknown>
}

/** A script made of parts. */
export const script = (...parts: readonly string[]): Script => {
  const lua = parts.join('\n')
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

/** The server behind a client. An answer is waited for so many ms, or for as long as the client does (`Infinity`). */
export function serverOf(send: Send, timeout: number): Server {
  const inTime = (answer: Promise<unknown>) =>
    new Promise<unknown>((resolve, reject) => {
      const timer =
        timeout === Infinity
          ? undefined
          : setTimeout(() => reject(unavailable(`there is no answer after ${timeout} ms.`)), timeout)
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          settle(value)
        }
      answer.then(
        settled(resolve),
        settled((error: unknown) => reject(failureOf(error))),
      )
    })

  return {
    command: (command, ...args) => inTime(send(command, args)),
    run: ({ lua, sha }, keys, args) => {
      const rest = [String(keys.length), ...keys, ...args]
      const answer = send('EVALSHA', [sha, ...rest]).catch((error: unknown) => {
        // The server is new, or was told to forget its scripts. EVAL makes it know the script again.
        if (isNoScript(error)) return send('EVAL', [lua, ...rest])
        throw error
      })
      return inTime(answer)
    },
  }
}
