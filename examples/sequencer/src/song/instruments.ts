/** Samples a second of the songs we make: enough for hats, and half the work of a CD. */
export const sampleRate = 22_050

/** How loud an instrument is `t` seconds after it was struck. */
export type Instrument = (t: number) => number

const sine = (frequency: number, t: number) => Math.sin(2 * Math.PI * frequency * t)

/** A drum whose pitch falls as it fades. */
export const kick: Instrument = (t) =>
  Math.exp(-t * 18) * Math.sin(2 * Math.PI * (50 * t + 6 * (1 - Math.exp(-t * 30))))

const overtones = [3170, 4210, 5430, 6790, 8120, 9340]

/** Metal: tones that do not belong together. */
export const hat: Instrument = (t) =>
  (Math.exp(-t * 70) * overtones.reduce((sum, frequency) => sum + sine(frequency, t), 0)) / overtones.length

/** A chord that swells and fades, its first tone the loudest. */
export const chord =
  (frequencies: readonly number[]): Instrument =>
  (t) =>
    Math.min(1, t * 20) *
    Math.exp(-t * 0.6) *
    frequencies.reduce((sum, frequency, i) => sum + sine(frequency, t) / (i === 0 ? 1 : 3), 0)
