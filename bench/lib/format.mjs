/** Three significant digits. */
export function digits(value) {
  const size = Math.abs(value)
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2)
}

/** µs, in the unit that suits them. */
export function time(us) {
  if (us < 1) return `${digits(us * 1000)} ns`
  return us < 1000 ? `${digits(us)} µs` : `${digits(us / 1000)} ms`
}

/** Bytes, in kB of 1,000. */
export const size = (bytes) => (Math.abs(bytes) < 1000 ? `${bytes.toFixed(0)} B` : `${digits(bytes / 1000)} kB`)

/** A whole number, in groups of thousands. */
export const whole = (value) => Math.round(value).toLocaleString('en')
