import { script } from '../server.ts'
import { cut, ended, late, row, time } from './parts.ts'

/** A run. KEYS: run. Returns nil when nothing is known of it. */
export const get = script(
  row,
  `
return redis.call('EXISTS', KEYS[1]) == 1 and row(KEYS[1])
`,
)

/** The places of a run: KEYS: run. Returns when it was created, its status, when it ended, its pipeline. */
export const places = script(`
return redis.call('HMGET', KEYS[1], 'created', 'status', 'ended', 'pipeline')
`)

/**
 * A run as an index names it, when it is one that is looked for.
 *
 * KEYS: run. ARGV: its place; the pipeline, or ''; states between commas, or '' for any.
 *
 * Returns the run, or: 'other' when it is none of them; 'ended' when moreover it has ended; 'none' when there is no such
 * run; 'orphan' when moreover there will be none.
 */
export const look = script(
  time,
  cut,
  row,
  ended,
  late,
  `
local run = redis.call('HMGET', KEYS[1], 'created', 'pipeline', 'status', 'command')
local at = now()
if run[1] ~= ARGV[1] then return isOrphan(ARGV[1], at) and 'orphan' or 'none' end
local state = run[3]
local ends = cut(KEYS[1], at)
if state == 'running' or state == 'waiting' or state == 'blocked' then
  if run[4] == 'pause' then state = 'paused'
  elseif run[4] == 'cancel' then state = 'cancelling'
  elseif state == 'running' and ends <= ms(at) then state = 'stalled' end
end
if (ARGV[2] == '' or ARGV[2] == run[2]) and (ARGV[3] == '' or string.find(ARGV[3], ',' .. state .. ',', 1, true)) then
  return row(KEYS[1])
end
return hasEnded(state) and 'ended' or 'other'
`,
)

/**
 * Asks a run to do something. KEYS: run. ARGV: the command, and why if there is a reason. Returns 1 when it changed the
 * run, and the run; nil when nothing is known of it.
 */
export const command = script(
  time,
  row,
  ended,
  `
local key = KEYS[1]
local run = redis.call('HMGET', key, 'status', 'command')
if not run[1] then return false end
if hasEnded(run[1]) or run[2] == 'cancel' then return { 0, row(key) } end
redis.call('HDEL', key, 'reason')
redis.call('HSET', key, 'command', ARGV[1], 'updated', text(ms(now())))
if ARGV[2] then redis.call('HSET', key, 'reason', ARGV[2]) end
return { 1, row(key) }
`,
)

/** Lets a dead run be taken again. KEYS: run. Returns the run; nil when nothing is known of it. */
export const revive = script(
  time,
  row,
  `
local key = KEYS[1]
local status = redis.call('HGET', key, 'status')
if not status then return false end
if status == 'dead' then
  redis.call('HSET', key, 'status', 'waiting', 'crashes', '0', 'updated', text(ms(now())))
end
return row(key)
`,
)

/**
 * Forgets a run that has ended. KEYS: run, entries, order. ARGV: its place in the index of runs that have ended, or '' when it
 * may have any. Returns that place, the one in the index of runs that were created, its pipeline and its status.
 *
 * Otherwise, without a place: nil and the run when it has not ended; nil when nothing is known of it. With one: 'none' when
 * no run has ended so, 'orphan' when moreover none will.
 */
export const forget = script(
  time,
  row,
  late,
  `
local run = redis.call('HMGET', KEYS[1], 'ended', 'created', 'pipeline', 'status')
if ARGV[1] == '' then
  if not run[1] then return run[2] and { false, row(KEYS[1]) } end
elseif run[1] ~= ARGV[1] then return isOrphan(ARGV[1], now()) and 'orphan' or 'none' end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return run
`,
)
