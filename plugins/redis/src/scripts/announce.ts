import { script } from '../server.ts'
import { time } from './parts.ts'

/**
 * Puts a new place into each of KEYS. ARGV: what it is about. Returns the time of the place. No two calls get the same
 * place: the one who takes back what came to nothing must not take back what another one announced.
 */
export const announce = script(
  time,
  `
local at = now()
local function place() return string.format('%016.0f', at) .. ':' .. ARGV[1] end
while redis.call('ZADD', KEYS[1], '0', place()) == 0 do at = at + 1 end
for i = 2, #KEYS do redis.call('ZADD', KEYS[i], '0', place()) end
return string.sub(place(), 1, 16)
`,
)
