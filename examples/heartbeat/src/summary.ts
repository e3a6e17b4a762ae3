import type { Room } from './room/thermostat.ts'
import type { ServiceState } from './service.ts'

/** What is said at the end. */
export interface ServiceSummary {
  readonly pid: number
  readonly schedules: readonly {
    readonly name: string
    readonly state: string
    readonly runs: number
    readonly failures: number
    readonly missed: number
    /** What became of the last run. */
    readonly last?: string
  }[]
  readonly room?: Room
}

export function summaryOf({ pid, schedules, room: { room } }: ServiceState): ServiceSummary {
  return {
    pid,
    schedules: schedules.map(({ info: { name, state, runs, failures, last }, missed }) => ({
      ...{ name, state, runs, failures, missed },
      ...(last !== undefined && { last: last.status }),
    })),
    ...(room !== undefined && { room }),
  }
}

/** The same as text. */
export function textOf({ schedules, room }: ServiceSummary): string {
  const lines = schedules.map(
    ({ name, runs, missed }) => `${name}: ${runs} runs in all${missed > 0 ? `, ${missed} missed slots told` : ''}`,
  )
  if (room !== undefined) lines.push(`thermostat: ${room.inside.toFixed(1)} °C, switched ${room.switched}×`)
  return `${lines.join('\n')}\n`
}
