import { script } from '../server.ts'
import { cut, ended, late, row, time } from './parts.ts'

/**
 * Takes a run, and creates it when nothing is known of it, or it is to begin anew.
 *
 * KEYS: run, entries, order. ARGV: owner, ms of the lease, most crashes, '1' to begin anew, the place in the index, or ''
 * while none was announced; with a place also the pipeline and the data.
 *
 * Returns the fence or nil, 1 when it was created, the run, and when it began anew the place and the pipeline
 * that it had before. Or 'announce', and nothing was done: the run would be created, and has no place yet, or one that is too old.
 */
export const acquire = script(
  time,
  cut,
  row,
  ended,
  late,
  `
local key = KEYS[1]
local owner, leaseMs, maxCrashes, anew, place = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1', ARGV[5]
local at = now()
local known = redis.call('HMGET', key, 'status', 'owner', 'fence', 'command', 'crashes', 'created', 'pipeline')
local status, fence, crashes, before = known[1], known[3], tonumber(known[5] or 0), known[6]

if status == 'running' and cut(key, at) > ms(at) then
  -- The same owner asks again: the answer was lost.
  return { known[2] == owner and fence, 0, row(key) }
end

local creates = not status or anew
if creates then
  if place == '' or isLate(place, at) then return 'announce' end
  redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
  redis.call('HSET', key, 'pipeline', ARGV[6], 'data', ARGV[7], 'command', 'run', 'created', place)
  status, crashes = 'waiting', 0
elseif hasEnded(status) or status == 'dead' or known[4] == 'pause' then
  return { false, 0, row(key) }
end

if status == 'running' then crashes = crashes + 1 end
if crashes > maxCrashes then
  redis.call('HSET', key, 'status', 'dead', 'crashes', text(crashes), 'lease', '0', 'updated', text(ms(at)))
  return { false, 0, row(key) }
end

-- The time takes part so that fences rise even when a failover lost the last of them, or the whole run.
fence = text(math.max(tonumber(fence or 0) + 1, at))
redis.call('HDEL', key, 'outcome')
redis.call('HSET', key, 'status', 'running', 'crashes', text(crashes), 'owner', owner, 'fence', fence,
  'lease', text(math.min(ms(at) + leaseMs, 9007199254740991)), 'leased', text(ms(at)), 'updated', text(ms(at)))
return { fence, creates and 1 or 0, row(key), creates and before, creates and known[7] }
`,
)
