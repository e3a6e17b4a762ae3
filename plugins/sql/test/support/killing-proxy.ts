import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** What PostgreSQL says when somebody has it end a connection. */
const FIELDS = ['SFATAL', 'VFATAL', 'C57P01', 'Mterminating connection due to administrator command', '']
const BODY = Buffer.from(FIELDS.map((field) => `${field}\0`).join(''))
const FATAL = Buffer.concat([Buffer.from('E'), Buffer.from([0, 0, 0, BODY.length + 4]), BODY])

/** Whether these bytes end with the server being ready for a statement: `Z`, the length, and the state. */
const isReady = (bytes: Buffer) => bytes.at(-6) === 0x5a && bytes.readUInt32BE(bytes.length - 5) === 5

/** A server in front of that of PostgreSQL. */
export interface KillingProxy {
  /** The address of the database behind it. */
  readonly url: string
  readonly close: () => Promise<void>
}

/**
 * Ends each connection the moment the server is ready for the n-th time, in the same packet: first when it has let the
 * client in, then after each statement. By chance it is hardly ever the same packet; where it is, no turn of the event loop
 * is left in which somebody could begin to listen.
 */
export async function killingProxy(location: string, n: number): Promise<KillingProxy> {
  const url = new URL(location)
  const port = Number(url.port)
  const server = createServer((client) => {
    const behind = connect(port, url.hostname)
    for (const socket of [client, behind]) socket.on('error', () => undefined)
    let count = 0
    client.pipe(behind)
    behind.on('data', (bytes) => {
      if (!isReady(bytes) || ++count < n) return client.write(bytes)
      client.end(Buffer.concat([bytes, FATAL]))
      behind.destroy()
    })
    behind.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url.port = String((server.address() as AddressInfo).port)
  const close = async () => {
    server.close()
    await once(server, 'close')
  }
  return { url: String(url), close }
}
