import { z } from 'zod'

const measured = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, { error: ({ input }) => `expected a number, got "${String(input)}"` })
  .transform(Number)

/** A row of the CSV file of a weather station, read as a day. Temperatures in °C. */
export const Day = z
  .object({ date: z.iso.date(), temp_max: measured, temp_min: measured })
  .transform(({ date, temp_max: high, temp_min: low }) => ({
    /** `2012-01-31` */
    date,
    /** Halfway between the highest and the lowest. */
    mean: (high + low) / 2,
  }))

export type Day = z.output<typeof Day>
