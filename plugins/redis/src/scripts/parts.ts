/** What several scripts begin with. */

/**
 * `now()`: the time of the server in µs, exact in a double. `text(n)`: a whole number in all its digits; `tostring` of
 * Lua would round it to 14. `ms(us)`: epoch ms.
 */
export const time = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local function text(number) return string.format('%.0f', number) end
local function ms(us) return math.floor(us / 1000) end
`

/** `row(key)`: a run, as `stored-run.ts` reads it. */
export const row = `
local function row(key)
  return redis.call('HMGET', key, 'pipeline', 'data', 'status', 'command', 'reason', 'outcome', 'owner', 'fence',
    'lease', 'crashes', 'created', 'updated', 'ended')
end
`

/**
 * `cut(key, at)`: lets the lease of a run begin anew that was given in what is the future, since the clock was set back.
 * Returns when it ends. After `time`.
 */
export const cut = `
local function cut(key, at)
  local kept = redis.call('HMGET', key, 'lease', 'leased')
  local ends, early = tonumber(kept[1] or 0), tonumber(kept[2] or 0) - ms(at)
  if ends == 0 or early <= 0 then return ends end
  redis.call('HSET', key, 'lease', text(ends - early), 'leased', text(ms(at)))
  return ends - early
end
`

/** `hasEnded(status)`. */
export const ended = `
local function hasEnded(status) return status == 'succeeded' or status == 'failed' or status == 'cancelled' end
`

/**
 * `isLate(place, at)`: the place is too old to be used. Whoever tidies the index forgets a place of which nothing came
 * when it is ten minutes old, so nothing may come of one that is older than one. What lies between is for the clocks of a
 * cluster, which differ.
 */
export const late = `
local function isLate(place, at) return at - tonumber(place) > 60000000 end
local function isOrphan(place, at) return at - tonumber(place) > 600000000 end
`
