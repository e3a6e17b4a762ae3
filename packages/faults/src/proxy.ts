import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * What becomes of what is sent. `pass`: it arrives. `cut`: connections end, and new ones as soon as they are made.
 * `stall`: nothing arrives any more, and nobody is told. `lose`: requests arrive, and in place of the reply to every
 * second one that changes something its connection ends: who sent it does not know whether it was done.
 */
type Mode = 'pass' | 'cut' | 'stall' | 'lose'

/** A network that can be broken, between clients and a server of this machine. */
export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** From now on. */
  readonly turn: (mode: Mode) => void
  /** How many replies were lost. */
  readonly lost: () => number
}

/** Whether a request changes something: how a client of Redis sends a script. */
const isScript = (request: Buffer) => /evalsha/i.test(String(request))

/**
 * Stands before the server at `target`, a port.
 *
 * @param isChange whether a request changes something. Default: it is a script of Redis
 */
export async function startProxy(target: number, isChange = isScript): Promise<Proxy> {
  let mode: Mode = 'pass'
  let [changes, lost] = [0, 0]
  const pairs = new Set<readonly [client: Socket, server: Socket]>()
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  const proxy = createServer((client) => {
    const server = connect(target, '127.0.0.1')
    const pair = [client, server] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => undefined) // 'close' follows
      socket.on('close', () => {
        for (const other of pair) other.destroy()
        pairs.delete(pair)
      })
    }
    if (mode === 'cut') cut()
    let isDoomed = false
    client.on('data', (request) => {
      if (mode === 'lose' && isChange(request) && ++changes % 2 === 0) isDoomed = true
      if (mode !== 'stall') server.write(request)
    })
    server.on('data', (reply) => {
      if (isDoomed) {
        lost++
        client.destroy()
      } else if (mode !== 'stall') client.write(reply)
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  if (typeof address !== 'object' || address === null) throw new Error('The proxy has no port.')
  return {
    port: address.port,
    lost: () => lost,
    turn: (to) => {
      mode = to
      if (to === 'cut') cut()
    },
    [Symbol.asyncDispose]: async () => {
      proxy.close()
      cut()
      await once(proxy, 'close')
    },
  }
}
