import { z } from 'zod'

const text = z.string().min(1, 'expected a text, got nothing')

/** A number in decimal notation, within limits. */
const degrees = (limit: number) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/, { error: ({ input }) => `expected a number, got "${String(input)}"` })
    .transform(Number)
    .pipe(z.number().min(-limit).max(limit))

/** A row of the CSV file, read as a place with a ZIP code. */
export const Place = z
  .object({
    zip_code: z.string().regex(/^\d{5}$/, { error: ({ input }) => `expected five digits, got "${String(input)}"` }),
    latitude: degrees(90),
    longitude: degrees(180),
    city: text,
    state: z.string().regex(/^[A-Z]{2}$/, { error: ({ input }) => `expected two letters, got "${String(input)}"` }),
    county: text,
  })
  .transform(({ zip_code: zip, ...place }) => ({ zip, ...place }))

export type Place = z.output<typeof Place>

/** What a file of places must have in its first line. */
export const columnsOfPlace = ['zip_code', 'latitude', 'longitude', 'city', 'state', 'county'] as const
