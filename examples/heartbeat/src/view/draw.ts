import cliTruncate from 'cli-truncate'
import { type NewsItem, timeOf } from '../news.ts'
import type { RoomState } from '../room/room-keeper.ts'
import type { ServiceState, ShownSchedule } from '../service.ts'
import { ago, bar, clockOf, until } from './words.ts'

/** What is drawn. */
export interface Picture {
  readonly state: ServiceState
  /** Which of the schedules is selected. */
  readonly selected: number
  readonly news: readonly NewsItem[]
}

/** What it is drawn on. */
export interface Canvas {
  readonly columns: number
  /** The text in a colour, where there are colours. */
  readonly paint: (colour: Colour, text: string) => string
}
type Colour = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'

/** Lines that are no wider than there is room for. */
export function draw({ state, selected, news }: Picture, { columns, paint }: Canvas): string[] {
  const lines = [
    titleLine(state, paint),
    '',
    ...scheduleLines(state, selected, paint),
    '',
    ...roomLines(state.room, paint),
    '',
    ...news.map(({ at, text }) => `  ${paint('dim', timeOf(at))}  ${oneLine(text)}`),
    ...(news.length > 0 ? [''] : []),
    paint('dim', '  1 2 3 ↑ ↓ select   p pause   t run now   e pause the thermostat   space tick   q stop'),
  ]
  return lines.map((line) => cliTruncate(line, columns))
}

type Paint = Canvas['paint']

const roles = {
  leads: ['green', 'leads'],
  follows: ['yellow', 'follows: another process leads'],
  stopped: ['yellow', 'has stopped'],
} as const

function titleLine({ pid, role, now }: ServiceState, paint: Paint): string {
  const [colour, what] = roles[role]
  return `${paint('bold', 'heartbeat')}  process ${pid} ${paint(colour, what)}  ${paint('dim', `${timeOf(now)} UTC`)}`
}

const HEADS = ['schedule', 'fires', 'next', 'last', 'runs', 'failed in a row', 'missed']
/** Of the columns that hold numbers. */
const NUMBERS = 4

function scheduleLines({ schedules, now }: ServiceState, selected: number, paint: Paint): string[] {
  const rows = schedules.map((schedule) => cellsOf(schedule, now))
  const widths = HEADS.map((head, n) => Math.max(head.length, ...rows.map((cells) => cells[n]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, n) => (n < NUMBERS ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  ')
  return [
    paint('dim', `  ${line(HEADS)}`),
    ...rows.map((cells, n) => {
      const { info } = schedules[n]!
      const colour = info.state === 'paused' ? 'yellow' : info.failures > 0 ? 'red' : undefined
      const text = `${n === selected ? '❯' : ' '} ${line(cells)}`
      const coloured = colour === undefined ? text : paint(colour, text)
      return n === selected ? paint('bold', coloured) : coloured
    }),
  ]
}

function cellsOf({ info, timing, missed }: ShownSchedule, now: number): string[] {
  const { name, state, nextAt, active, last, runs, failures } = info
  const next = state !== 'active' ? state : active.length > 0 ? 'runs' : nextAt === undefined ? '' : until(nextAt, now)
  const before = last === undefined ? '' : `${last.status} ${ago(last.endedAt, now)}`
  return [name, timing, next, before, String(runs), String(failures), String(missed)]
}

function roomLines({ status, room, ticks }: RoomState, paint: Paint): string[] {
  const where =
    status === null
      ? paint('dim', 'where another process leads')
      : `${paint(status.state === 'running' ? 'green' : 'yellow', status.state)}  tick ${status.tick}  pass ${status.pass}`
  const title = `  ${paint('bold', 'thermostat')}  ${where}`
  if (room === undefined) return [title]
  const { minute, inside, outside, heating, switched } = room
  return [
    title,
    `  ${clockOf(minute)}  ${paint('cyan', bar(inside, [17, 23], 24))} ${degrees(inside)} inside, ${degrees(outside)} outside`,
    `  heater ${heating ? paint('red', 'on') : 'off'}, switched ${switched}×`,
    ...ticks.map(({ tick, status, steps, changes }) =>
      paint('dim', `  tick ${tick}  ${status}  ${[steps.join(', '), ...changes].join('  ')}`),
    ),
  ]
}

const degrees = (celsius: number) => `${celsius.toFixed(1)} °C`

/** Control characters, which a message may hold, become spaces. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const oneLine = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
