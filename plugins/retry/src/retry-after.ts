/**
 * The default of `retryAfter`: the HTTP header `Retry-After`, in seconds or as a date, of `error.headers` or
 * `error.response.headers`. These may be `Headers` or a record whose names are written in any case.
 *
 * @param now epoch ms
 * @returns milliseconds to wait, 0 for a date that has passed; `undefined` when there is no such header
 */
export function httpRetryAfter(error: unknown, now: number): number | undefined {
  const value = headerOf(error, 'headers') ?? headerOf(fieldOf(error, 'response'), 'headers')
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1_000
  const date = value.endsWith('GMT') ? Date.parse(value) : NaN // without a zone it would be a local time
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function headerOf(owner: unknown, field: string): string | undefined {
  const headers = fieldOf(owner, field)
  if (headers instanceof Headers) return headers.get('retry-after')?.trim()
  if (typeof headers !== 'object' || headers === null) return undefined
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')
  const value: unknown = Array.isArray(entry?.[1]) ? entry[1][0] : entry?.[1]
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined
}

function fieldOf(owner: unknown, field: string): unknown {
  return typeof owner === 'object' && owner !== null ? (owner as Readonly<Record<string, unknown>>)[field] : undefined
}
