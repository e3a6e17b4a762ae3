import { script } from '../server.ts'
import { time } from './parts.ts'

/**
 * Records entries. KEYS: run, entries, order. ARGV: fence, then a key and a value for each; a value begins with `f` when
 * it is final, else with `o`. Returns 1, or 0 for a lease that is not good.
 */
export const commit = script(
  time,
  `
local run = redis.call('HMGET', KEYS[1], 'fence', 'lease')
if run[1] ~= ARGV[1] or run[2] == '0' then return 0 end
for at = 2, #ARGV, 2 do
  local entry, value = ARGV[at], ARGV[at + 1]
  if redis.call('HSETNX', KEYS[2], entry, value) == 1 then
    redis.call('RPUSH', KEYS[3], entry)
  elseif string.sub(redis.call('HGET', KEYS[2], entry), 1, 1) == 'o' then
    redis.call('HSET', KEYS[2], entry, value)
  end
end
redis.call('HSET', KEYS[1], 'updated', text(ms(now())))
return 1
`,
)

/**
 * A page of entries: at most 500, and none after 1 MiB of values, so that nobody waits for it. A list has an order and an
 * end, and entries are only ever added to it: each comes once. (HSCAN may bring an entry twice, on different pages.)
 *
 * KEYS: entries, order. ARGV: where it begins. Returns where the next page begins, or '', then keys and values.
 */
export const page = script(`
local from, size, result = tonumber(ARGV[1]), 0, { '' }
for i, entry in ipairs(redis.call('LRANGE', KEYS[2], from, from + 499)) do
  local value = redis.call('HGET', KEYS[1], entry)
  result[2 * i], result[2 * i + 1] = entry, value
  size = size + #value
  if size >= 1048576 then break end
end
local next = from + (#result - 1) / 2
if next < redis.call('LLEN', KEYS[2]) then result[1] = string.format('%.0f', next) end
return result
`)
