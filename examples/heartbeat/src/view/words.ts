/** How long until a time: `1.2s`, `3m 5s`; `now` when it has come. */
export const until = (at: number, now: number): string => (at <= now ? 'now' : span(at - now))

/** How long since a time: `1.2s ago`. */
export const ago = (at: number, now: number): string => `${span(Math.max(0, now - at))} ago`

function span(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  return whole < 3_600
    ? `${Math.floor(whole / 60)}m ${whole % 60}s`
    : `${Math.floor(whole / 3_600)}h ${Math.floor((whole % 3_600) / 60)}m`
}

/** A time of day from the minutes since midnight: `09:05`. */
export function clockOf(minute: number): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

/** A bar that is full at the greater end of a range, and empty at the lower: `━━━━────`. */
export function bar(value: number, [from, to]: readonly [number, number], width: number): string {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)))
  const full = Math.round(share * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
