/** What is used of a client of the package `ioredis`: a `Redis`, or a `Cluster`. */
export interface IoredisClient {
  /** Sends one command. A cluster sends it to the node that has the keys. */
  call(command: string, args: string[]): Promise<unknown>
  /** Another connection to the same server, for {@link IoredisSubscriber.subscribe}. */
  duplicate(): IoredisSubscriber
  /** Of a cluster: its nodes, each of which has some of the keys. */
  nodes?(role: 'master'): readonly Pick<IoredisClient, 'call'>[]
}

/** What is used of the connection on which `watch` listens. */
export interface IoredisSubscriber {
  /** Listens to a channel, again after each time the connection was lost. */
  subscribe(channel: string): Promise<unknown>
  /** What comes on the channel. */
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  /** What fails: heard so that it does not end the process. The client connects again by itself. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Once, after the connection was closed for good. */
  once(event: 'end', listener: () => void): unknown
  /** Where the client stands with its connection. */
  readonly status: string
  /** Begins to close the connection. */
  disconnect(): void
}

/** What is used of a client of the package `redis` (node-redis), as `createClient` makes it. */
export interface NodeRedisClient {
  /** Sends one command. The type mapping of the client is put aside: the store reads strings. */
  sendCommand(args: string[], options: { readonly typeMapping: {} }): Promise<unknown>
  /** Another connection to the same server, for {@link NodeRedisSubscriber.subscribe}. */
  duplicate(): NodeRedisSubscriber
}

/** What is used of the connection on which `watch` listens. */
export interface NodeRedisSubscriber {
  /** Connects. */
  connect(): Promise<unknown>
  /** Listens to a channel, again after each time the connection was lost. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  /** What fails: heard so that it does not end the process. The client connects again by itself. */
  on(event: 'error', listener: (error: Error) => void): unknown
  /** Closes the connection at once. */
  destroy(): void
}

/** A client that the store may use. It is the user's: made, connected and closed by whoever passes it in. */
export type RedisClient = IoredisClient | NodeRedisClient

/** Sends one command. Rejects with whatever the client rejects with. */
export type Send = (command: string, args: readonly string[]) => Promise<unknown>

/** Whether `client` has the methods of one that is known. */
export function isClient(client: unknown): client is RedisClient {
  const has = (method: string) =>
    typeof client === 'object' &&
    client !== null &&
    method in client &&
    typeof Reflect.get(client, method) === 'function'
  return has('duplicate') && (has('call') || has('sendCommand'))
}

// A client of ioredis has a `sendCommand` too, which takes something else.
const isIoredis = (client: RedisClient): client is IoredisClient => 'call' in client

/** How commands are sent by `client`. */
export function sender(client: RedisClient): Send {
  if (isIoredis(client)) return (command, args) => client.call(command, [...args])
  // Whatever the client makes of replies elsewhere: here strings are strings.
  const options = { typeMapping: {} }
  return (command, args) => client.sendCommand([command, ...args], options)
}

/** How commands are sent to each of the nodes that together have all keys. */
export function nodesOf(client: RedisClient): readonly Send[] {
  if (!isIoredis(client) || client.nodes === undefined) return [sender(client)]
  return client.nodes('master').map(
    (node): Send =>
      (command, args) =>
        node.call(command, [...args]),
  )
}

/**
 * Listens to `channel` on a connection of its own, made now. What fails is the business of the client, which connects
 * again; messages that were sent meanwhile are lost.
 *
 * @returns a function that closes the connection, and resolves when it is closed
 */
export function listen(client: RedisClient, channel: string, listener: (message: string) => void): () => Promise<void> {
  const ignore = () => undefined
  if (isIoredis(client)) {
    const connection = client.duplicate()
    connection.on('error', ignore)
    connection.on('message', (_, message) => listener(message))
    connection.subscribe(channel).catch(ignore)
    return () =>
      new Promise((resolve) => {
        // Between two attempts to connect there is nothing to close, and no end is announced.
        if (['connecting', 'connect', 'ready'].includes(connection.status)) connection.once('end', resolve)
        else resolve()
        connection.disconnect()
      })
  }
  const connection = client.duplicate()
  connection.on('error', ignore)
  connection
    .connect()
    .then(() => connection.subscribe(channel, listener))
    .catch(ignore)
  return () => {
    connection.destroy()
    return Promise.resolve()
  }
}
