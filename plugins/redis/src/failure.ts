import { isPipelineError, messageOf, PipelineError } from '@pipe/core'

/** What the first word of an answer of the server says that no waiting changes, and what to do about it. */
const UNFIT: Readonly<Record<string, string>> = {
  WRONGTYPE: 'Something else is kept under the keys of the store: choose another `prefix`.',
  NOPERM: 'The user of the client may not do this: README.md of @pipe/redis lists the commands that the store needs.',
  NOAUTH: 'The client has to log in.',
  WRONGPASS: 'The client has to log in with the right password.',
  CROSSSLOT: 'The client must leave the keys as they are: on a cluster all keys of a run have to be in one slot.',
}

/** What the first word of an answer says that passes, in words. Anything else that goes wrong passes too, for all we know. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  READONLY: 'the server is a read-only replica',
  LOADING: 'the server is reading its data',
  OOM: 'the server has no memory left (`maxmemory`)',
  MISCONF: 'the server cannot write to its disk',
  MASTERDOWN: 'the server is a replica that has lost its primary',
  CLUSTERDOWN: 'the cluster is down',
  BUSY: 'the server is busy with a script of somebody else',
  NOREPLICAS: 'the server has too few replicas (`min-replicas-to-write`)',
}

/** Any failure of a client as the error that the contract of stores asks for. */
export function failureOf(error: unknown): PipelineError {
  if (isPipelineError(error)) return error
  const said = messageOf(error)
  const [word = ''] = said.split(' ', 1)
  if (Object.hasOwn(UNFIT, word))
    return new PipelineError('STORE_UNFIT', `The redis store cannot work. ${UNFIT[word]!} The server said: ${said}`, {
      cause: error,
    })
  const why = Object.hasOwn(UNAVAILABLE, word) ? `${UNAVAILABLE[word]!} (${said})` : said
  return unavailable(why, error)
}

/** The error for a server that may answer later. `why` follows a colon. */
export const unavailable = (why: string, cause?: unknown): PipelineError =>
  new PipelineError(
    'STORE_UNAVAILABLE',
    `The redis store cannot be reached now: ${why}`,
    cause === undefined ? {} : { cause },
  )

/** Whether the server does not have the script. */
export const isNoScript = (error: unknown): boolean => messageOf(error).startsWith('NOSCRIPT')
