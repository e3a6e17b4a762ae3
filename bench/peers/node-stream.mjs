import { Readable } from 'node:stream'

export const mapStream = (fn, concurrency) => (items) => Readable.from(items).map(fn, { concurrency }).toArray()
