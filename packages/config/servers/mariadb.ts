import { execFileSync } from 'node:child_process'
import { findProgram, freePort, startProcess } from './process.ts'
import { dataFolder, givenOr, type Server, type ServerUrl, startServer } from './server.ts'

const folders = () => ['/usr/sbin', '/usr/local/sbin']

/**
 * Starts a server that loses what it has when the machine does, unless `settings` say otherwise.
 *
 * Tests that change nothing but databases of their own ask {@link mariadbUrl} instead.
 */
export async function startMariadb(settings: Readonly<Record<string, string | number>> = {}): Promise<Server> {
  const [install, server] = ['mariadb-install-db', 'mariadbd'].map((name) =>
    findProgram(name, 'mariadb-server', folders),
  )
  const folder = dataFolder('mariadb')
  const port = await freePort()
  const root = process.getuid?.() === 0 ? ['--user=root'] : []
  const common = ['--no-defaults', `--datadir=${folder}`, ...root]
  execFileSync(install!, [...common, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const all = {
    port,
    'bind-address': '127.0.0.1',
    socket: `${folder}/server.sock`,
    'pid-file': `${folder}/server.pid`,
    tmpdir: folder, // other servers clean up what they find in theirs
    'innodb-flush-log-at-trx-commit': 0,
    ...settings,
  }
  const args = Object.entries(all).map(([name, value]) => `--${name}=${value}`)
  return startServer(`mysql://root@127.0.0.1:${port}/mysql`, port, folder, () =>
    startProcess(server!, [...common, '--skip-name-resolve', ...args], 'ready for connections'),
  )
}

/** The server at `MARIADB_URL`, else one that is started, and stopped by `stop`. Its other databases are nobody's business. */
export const mariadbUrl = (): Promise<ServerUrl> => givenOr(process.env['MARIADB_URL'], startMariadb)
