import { findProgram, freePort, startProcess } from './process.ts'
import { dataFolder, givenOr, type Server, type ServerUrl, startServer } from './server.ts'

/**
 * Starts a server that writes nothing to disk, unless `settings` say otherwise: `{ appendonly: 'yes' }`.
 *
 * Tests that change nothing but keys of their own ask {@link redisUrl} instead.
 */
export async function startRedis(settings: Readonly<Record<string, string | number>> = {}): Promise<Server> {
  const program = findProgram('redis-server', 'redis-server')
  const folder = dataFolder('redis')
  const port = await freePort()
  const all = { save: '', bind: '127.0.0.1', ...settings, port, dir: folder }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
  return startServer(`redis://127.0.0.1:${port}`, port, folder, () =>
    startProcess(program, args, 'Ready to accept connections'),
  )
}

/** The server at `REDIS_URL`, else one that is started, and stopped by `stop`. Its other keys are nobody's business. */
export const redisUrl = (): Promise<ServerUrl> => givenOr(process.env['REDIS_URL'], startRedis)
