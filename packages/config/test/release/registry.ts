import { once } from 'node:events'
import { type Server, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ConfigBuilder, runServer } from 'verdaccio'

/** An npm registry of our own scope on a free loopback port, in this process. It knows nothing else and asks nobody. */
export async function startRegistry(folder: string) {
  const config = ConfigBuilder.build({
    storage: join(folder, 'storage'),
    self_path: folder,
    packages: { '@pipe/*': { access: ['$all'], publish: ['$anonymous'] } },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
    web: { enable: false },
  })
  const server = (await runServer(config.getConfig())) as Server
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    /** Only our scope comes from here: npm keeps its own settings for everything else. npm wants a token, any token. */
    npmrc: `@pipe:registry=http://${address}/\n//${address}/:_authToken=anyone\naudit=false\nfund=false\nupdate-notifier=false\n`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
