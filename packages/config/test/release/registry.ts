import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { ConfigBuilder, runServer } from 'verdaccio'

/**
 * An npm registry of our own packages on a free loopback port, in this process. Of all others it knows nothing: who asks
 * for one is sent on.
 *
 * @param folder where it keeps what is published
 * @param names of our packages
 * @param elsewhere the registry of everything else
 */
export async function startRegistry(folder: string, names: readonly string[], elsewhere: string) {
  const config = ConfigBuilder.build({
    storage: `${folder}/storage`,
    self_path: folder,
    packages: { '**': { access: ['$all'], publish: ['$anonymous'] } },
    log: { type: 'stdout', format: 'pretty', level: 'fatal' },
    web: { enable: false },
  })
  const verdaccio = (await runServer(config.getConfig())) as Server
  const isOurs = (path: string) => path.startsWith('-/') || names.some((name) => `${path}/`.startsWith(`${name}/`))
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url?.slice(1) ?? '')
    if (isOurs(path)) verdaccio.emit('request', request, response)
    else if (request.method !== 'GET')
      response.writeHead(405).end() // nothing is ever published elsewhere
    else response.writeHead(302, { location: new URL(request.url?.slice(1) ?? '', elsewhere).href }).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    address: `http://${host}/`,
    /** Only our scope comes from here: npm keeps its own settings for everything else. npm wants a token, any token. */
    npmrc: `@pipe:registry=http://${host}/\n//${host}/:_authToken=anyone\naudit=false\nfund=false\nupdate-notifier=false\n`,
    /** The newest version of each package that was published. */
    async versions(): Promise<Record<string, string>> {
      const entries = names.map(async (name) => {
        const answer = await fetch(`http://${host}/${name.replace('/', '%2f')}`)
        const { 'dist-tags': tags } = (await answer.json()) as { 'dist-tags'?: { latest: string } }
        return tags ? [[name, tags.latest] as const] : []
      })
      return Object.fromEntries((await Promise.all(entries)).flat())
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
