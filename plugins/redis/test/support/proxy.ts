import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A server in front of a server: what it does to connections is what networks do. */
export interface Proxy {
  readonly url: string
  /** From now on answers are swallowed; what is asked goes through. */
  mute(): void
  /** Ends all connections, and lets answers through again on new ones. */
  cut(): void
  close(): Promise<void>
}

export async function proxyTo(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let muted = false
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => (from === far && muted ? undefined : to.write(chunk)))
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The proxy listens nowhere.')

  const cut = () => {
    muted = false
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${address.port}`,
    mute: () => void (muted = true),
    cut,
    close: async () => {
      server.close()
      cut()
      await once(server, 'close')
    },
  }
}
