import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, globSync } from 'node:fs'
import { findProgram, freePort, startProcess, type User, userNamed } from './process.ts'
import { dataFolder, givenOr, type Server, type ServerUrl, startServer } from './server.ts'

/** Debian keeps the programs of the server apart, the newest version last. */
const folders = () => globSync('/usr/lib/postgresql/*/bin').sort().reverse()

/**
 * Starts a server that loses what it has when the machine does, unless `settings` say otherwise: `{ fsync: 'on' }`.
 *
 * Tests that change nothing but databases of their own ask {@link postgresUrl} instead.
 */
export async function startPostgres(settings: Readonly<Record<string, string | number>> = {}): Promise<Server> {
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) => findProgram(name, 'postgresql', folders))
  const folder = dataFolder('postgres')
  const port = await freePort()
  const user = unprivileged()
  if (user !== undefined) {
    chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
  }
  const locale = ['--encoding=UTF8', '--locale=C.UTF-8']
  execFileSync(initdb!, ['-D', folder, '-U', 'postgres', '--auth=trust', '--no-sync', ...locale], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const all = { fsync: 'off', listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings, port }
  const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const server = await startServer(url, port, folder, () =>
    startProcess(postgres!, ['-D', folder, ...args], 'ready to accept connections', user),
  )
  // SIGTERM would wait until all clients have gone. SIGKILL would end only the process that starts all others, which answer
  // for a moment more, and keep the next server from starting: SIGQUIT ends them all, and nothing else is done either.
  return { ...server, down: (signal) => server.down(signal === 'SIGKILL' ? 'SIGQUIT' : 'SIGINT') }
}

/** Who the server is to be: it refuses to be root. */
function unprivileged(): User | undefined {
  return process.getuid?.() === 0 ? userNamed('postgres') : undefined
}

/** The server at `POSTGRES_URL`, else one that is started, and stopped by `stop`. Its other databases are nobody's business. */
export const postgresUrl = (): Promise<ServerUrl> => givenOr(process.env['POSTGRES_URL'], startPostgres)
