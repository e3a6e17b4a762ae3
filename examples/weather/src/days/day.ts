import { z } from 'zod'

const measured = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, { error: ({ input }) => `expected a number, got "${String(input)}"` })
  .transform(Number)

/** A row of the CSV file as NOAA's station at the airport of Seattle wrote it, read as a day. */
export const Day = z
  .object({
    date: z.iso.date(),
    precipitation: measured,
    temp_max: measured,
    temp_min: measured,
    wind: measured,
    weather: z.enum(['drizzle', 'fog', 'rain', 'snow', 'sun']),
  })
  .transform(({ date, precipitation, temp_max: high, temp_min: low, wind, weather: sky }) => ({
    /** `2012-01-31` */
    date,
    /** Millimetres. */
    precipitation,
    /** Highest temperature, °C. */
    high,
    /** Lowest temperature, °C. */
    low,
    /** Metres per second. */
    wind,
    sky,
  }))

export type Day = z.output<typeof Day>

/** The temperature of a day, °C: halfway between its highest and its lowest, as weather services count it. */
export const temperatureOf = ({ high, low }: Day): number => (high + low) / 2

/** The month of a day, 1 to 12. */
export const monthOf = ({ date }: Day): number => Number(date.slice(5, 7))
