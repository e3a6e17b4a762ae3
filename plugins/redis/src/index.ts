/**
 * The store of `@pipe/state` on Redis.
 *
 * @packageDocumentation
 */
export type {
  IoredisClient,
  IoredisCluster,
  IoredisSingle,
  IoredisSubscriber,
  NodeRedisClient,
  NodeRedisSubscriber,
  RedisClient,
} from './client.ts'
export type { RedisStoreOptions } from './options.ts'
export { redisStore } from './redis-store.ts'
