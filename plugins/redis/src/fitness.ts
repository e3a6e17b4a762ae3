import { PipelineError } from '@pipe/core'
import { unavailable } from './failure.ts'
import { recordOf, textOf } from './reply.ts'
import type { Server } from './server.ts'

/** Redis 7.0 is the oldest that replicates what scripts do instead of the scripts: they ask for the time. */
const OLDEST = 7

const unfit = (why: string) => new PipelineError('STORE_UNFIT', `The redis store cannot work on this server: ${why}`)

/**
 * Whether the server can keep runs.
 *
 * @returns what should be known, in sentences
 * @throws PipelineError `STORE_UNFIT` with the remedy; `STORE_UNAVAILABLE` when it is a replica, or still loading
 */
export async function warningsOf(server: Server): Promise<string[]> {
  const info = new Map<string, string>()
  for (const line of textOf(await server.command('INFO')).split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1))
  }
  const version = info.get('redis_version')
  if (version === undefined) throw unfit('it does not tell its version. It must be Redis 7.0 or later, or Valkey.')
  if (Number.parseInt(version, 10) < OLDEST) throw unfit(`it is Redis ${version}. Use Redis 7.0 or later, or Valkey.`)
  if (info.get('loading') === '1') throw unavailable('the server is reading its data')
  if (info.get('role') === 'slave') throw unavailable('the server is a replica. Connect to the primary.')

  const policy = info.get('maxmemory_policy')
  // What `volatile-*` evicts are keys that expire. Those of the store do not.
  if (Number(info.get('maxmemory') ?? 0) > 0 && policy?.startsWith('allkeys-'))
    throw unfit(`\`maxmemory-policy\` is ${policy}, which throws runs away when memory is short. Set it to noeviction.`)

  const warnings: string[] = []
  if (policy === undefined)
    warnings.push('The server does not tell its `maxmemory-policy`. Make sure that it is noeviction.')
  if (info.get('aof_enabled') !== '1') warnings.push(await unloggedWarning(server))
  return warnings
}

/** What to say of a server that writes no log of what changes. */
async function unloggedWarning(server: Server): Promise<string> {
  const remedy = 'Set `appendonly yes`'
  const save = await server.command('CONFIG', 'GET', 'save').then(
    (reply) => recordOf(reply)['save'],
    () => undefined, // services that run a server for others forbid it
  )
  if (save === undefined)
    return `The server writes no log of changes, and does not tell whether it saves snapshots. ${remedy}.`
  if (save === '') return `The server writes nothing to disk: runs are lost when it stops. ${remedy}.`
  return `The server saves only snapshots: runs since the last one are lost when it stops. ${remedy}.`
}
