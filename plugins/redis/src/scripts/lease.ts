import { script } from '../server.ts'
import { late, time } from './parts.ts'

/** The run and its lease; `isLeased`: the fence in ARGV[1] is that of a good lease. */
const lease = `
local key = KEYS[1]
local run = redis.call('HMGET', key, 'fence', 'lease', 'status', 'command', 'reason', 'created', 'pipeline')
local isLast = run[1] == ARGV[1]
local isLeased = isLast and run[2] ~= '0'
`

/** Extends a lease. KEYS: run. ARGV: fence, ms. Returns the command and its reason, or nil for a lease that is not good. */
export const renew = script(
  time,
  lease,
  `
if not isLeased then return false end
local at = ms(now())
redis.call('HSET', key, 'lease', text(math.min(at + tonumber(ARGV[2]), 9007199254740991)), 'leased', text(at))
return { run[4], run[5] }
`,
)

/**
 * Hands a run back. KEYS: run. ARGV: fence, the status, and what came of it when there is something to say. Returns 1, or
 * 0 for a lease that is not good; 1 for one that was handed back so before.
 */
export const release = script(
  time,
  lease,
  `
if not isLeased then return isLast and run[3] == ARGV[2] and 1 or 0 end
redis.call('HSET', key, 'status', ARGV[2], 'lease', '0', 'updated', text(ms(now())))
if ARGV[3] then redis.call('HSET', key, 'outcome', ARGV[3]) end
return 1
`,
)

/**
 * Ends a run. KEYS: run. ARGV: fence, the status, what came of it, the place in the index of runs that have ended.
 * Returns 1, the place in the index of runs that were created, and the pipeline; 1 or 0 alone when the lease is not good, 1 if it ended the
 * run so before; 'announce' when the place is too old, and nothing was done.
 */
export const end = script(
  time,
  late,
  lease,
  `
if not isLeased then return { isLast and run[3] == ARGV[2] and 1 or 0, false } end
local at = now()
if isLate(ARGV[4], at) then return 'announce' end
redis.call('HSET', key, 'status', ARGV[2], 'lease', '0', 'outcome', ARGV[3], 'ended', ARGV[4], 'updated', text(ms(at)))
return { 1, run[6], run[7] }
`,
)
