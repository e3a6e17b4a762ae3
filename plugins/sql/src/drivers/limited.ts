import type { Driver } from './driver.ts'

/** A driver whose calls take no longer than so many ms, unless they say otherwise. */
export const limited = (driver: Driver, ms: number): Driver => ({
  dialect: driver.dialect,
  read: (statement, within = ms) => driver.read(statement, within),
  write: (statement, within = ms) => driver.write(statement, within),
  transact: (work, within = ms) => driver.transact(work, within),
})
