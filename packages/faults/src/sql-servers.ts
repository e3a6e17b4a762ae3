import { startMariadb } from '@pipe/config/servers/mariadb'
import { startPostgres } from '@pipe/config/servers/postgres'

/** The variables that tell tests and workers where the servers are. */
export const SQL_SERVERS = { postgres: 'PIPE_FAULTS_POSTGRES', mariadb: 'PIPE_FAULTS_MARIADB' } as const

/** Starts the servers that all tests share, each lab with tables of its own. */
export async function startSqlServers(): Promise<AsyncDisposable> {
  const [postgres, mariadb] = await Promise.all([
    startPostgres({ max_connections: 400 }),
    startMariadb({ 'max-connections': 400 }),
  ])
  process.env[SQL_SERVERS.postgres] = postgres.url
  process.env[SQL_SERVERS.mariadb] = mariadb.url
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all([postgres.stop(), mariadb.stop()])
    },
  }
}
