import { mariadbUrl } from '@pipe/config/servers/mariadb'
import { postgresUrl } from '@pipe/config/servers/postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    readonly postgresUrl: string
    readonly mariadbUrl: string
  }
}

/** Starts the servers that all test files share, unless the environment names others. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await Promise.all([postgresUrl(), mariadbUrl()])
  project.provide('postgresUrl', servers[0].url)
  project.provide('mariadbUrl', servers[1].url)
  return async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
}
