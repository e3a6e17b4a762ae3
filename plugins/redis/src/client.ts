/** What is used of a `Redis` of the package `ioredis`. */
export interface IoredisSingle {
  /** Sends one command. */
  call(command: string, args: string[]): Promise<unknown>
  /** Another connection to the same server, for {@link IoredisSubscriber.subscribe}. */
  duplicate(override: { readonly autoResubscribe: boolean }): IoredisSubscriber
  readonly nodes?: never
}

/** What is used of a `Cluster` of the package `ioredis`. */
export interface IoredisCluster {
  /** Sends one command to the node that has the keys. */
  call(command: string, args: string[]): Promise<unknown>
  /** Another connection to the same cluster, for {@link IoredisSubscriber.subscribe}. */
  duplicate(): IoredisSubscriber
  /** The nodes, each of which has some of the keys. */
  nodes(role: 'master'): readonly Pick<IoredisSingle, 'call'>[]
}

/** What is used of a client of the package `ioredis`: a `Redis`, or a `Cluster`. */
export type IoredisClient = IoredisSingle | IoredisCluster

/** What is used of the connection on which `watch` listens. */
export interface IoredisSubscriber {
  /** Listens to a channel. */
  subscribe(channel: string): Promise<unknown>
  /** Each time that there is a connection. */
  on(event: 'ready', listener: () => void): unknown
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

const isCluster = (client: IoredisClient): client is IoredisCluster => 'nodes' in client

/** How commands are sent by `client`. */
export function sender(client: RedisClient): Send {
  if (isIoredis(client)) return (command, args) => client.call(command, [...args])
  // Whatever the client makes of replies elsewhere: here strings are strings.
  const options = { typeMapping: {} }
  return (command, args) => client.sendCommand([command, ...args], options)
}

/** How commands are sent to each of the nodes that together have all keys. */
export function nodesOf(client: RedisClient): readonly Send[] {
  if (!isIoredis(client) || !isCluster(client)) return [sender(client)]
  return client.nodes('master').map(
    (node): Send =>
      (command, args) =>
        node.call(command, [...args]),
  )
}

/** How long to wait before the server is asked again to tell what comes on a channel, ms. */
const ASK_AGAIN_MS = 1_000

/**
 * Listens to `channel` on a connection of its own, made now. What fails is the business of the client, which connects
 * again; messages that were sent meanwhile are lost.
 *
 * @returns a function that closes the connection, and resolves when it is closed
 */
export function listen(client: RedisClient, channel: string, listener: (message: string) => void): () => Promise<void> {
  const ignore = () => undefined
  if (isIoredis(client)) {
    const connection = isCluster(client) ? client.duplicate() : client.duplicate({ autoResubscribe: false })
    connection.on('error', ignore)
    // By itself, the client would not catch what becomes of it when the connection is lost again: that ends the process.
    if (!isCluster(client)) connection.on('ready', () => void connection.subscribe(channel).catch(ignore))
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
  // Once it listens it does so again by itself; until then it has to be asked, for the connection may be lost at any time.
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  const askAgain = () => {
    if (!isClosed) timer = setTimeout(subscribe, ASK_AGAIN_MS)
  }
  const subscribe = () => void connection.subscribe(channel, listener).catch(askAgain)
  connection
    .connect()
    // One that was closed while it connected may have been connected all the same.
    .then(() => (isClosed ? connection.destroy() : subscribe()))
    .catch(ignore)
  return () => {
    isClosed = true
    clearTimeout(timer)
    connection.destroy()
    return Promise.resolve()
  }
}
