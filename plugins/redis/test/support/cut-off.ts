import type { RedisClient } from '../../src/index.ts'

/** A client whose commands reach the server until it is cut off: then each fails as with a connection that was reset. */
export function cutOff(client: RedisClient): {
  readonly client: RedisClient
  readonly after: (commands: number) => void
} {
  let left = Infinity
  const unlessCut = (send: () => Promise<unknown>) =>
    left-- > 0 ? send() : Promise.reject(new Error('read ECONNRESET'))
  const after = (commands: number) => void (left = commands)
  if ('call' in client) {
    const call = (command: string, args: string[]) => unlessCut(() => client.call(command, args))
    return { client: { call, duplicate: () => client.duplicate({ autoResubscribe: false }) }, after }
  }
  const sendCommand = (args: string[], options: { readonly typeMapping: {} }) =>
    unlessCut(() => client.sendCommand(args, options))
  return { client: { sendCommand, duplicate: () => client.duplicate() }, after }
}
