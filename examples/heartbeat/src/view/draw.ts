import cliTruncate from 'cli-truncate'
import { type NewsItem, timeOf } from '../news.ts'
import type { RoomState } from '../room/room-keeper.ts'
import type { Role, ServiceState, ShownSchedule } from '../service.ts'
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
  readonly rows: number
  /** The text in a colour, where there are colours. */
  readonly paint: (colour: Colour, text: string) => string
}
type Colour = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan'

/**
 * Lines that are no wider, and no more, than there is room for. Where there is little, what happened goes first, then the
 * ticks, the oldest of each before the others.
 */
export function draw({ state, selected, news }: Picture, { columns, rows, paint }: Canvas): string[] {
  const head = [titleLine(state, paint), '', ...scheduleLines(state, selected, paint), '', ...roomLines(state, paint)]
  const keys = [
    '',
    paint('dim', '  1 2 3 ↑ ↓ select   p pause   t run now   e pause the thermostat   space tick   q stop'),
  ]
  const left = Math.max(0, rows - head.length - keys.length)
  const ticks = tickLines(state.room, paint).slice(0, left)
  const lastNews = Math.max(0, left - ticks.length - 1)
  const happened = news.slice(Math.max(0, news.length - lastNews)).map((item) => newsLine(item, paint))
  const lines = [...head, ...ticks, ...(happened.length > 0 ? ['', ...happened] : []), ...keys]
  return lines.slice(0, rows).map((line) => cliTruncate(line, columns))
}

const newsLine = ({ at, text }: NewsItem, paint: Paint) => `  ${paint('dim', timeOf(at))}  ${oneLine(text)}`

type Paint = Canvas['paint']

const roles = {
  starts: ['yellow', 'starts'],
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

function scheduleLines({ schedules, now, role }: ServiceState, selected: number, paint: Paint): string[] {
  const rows = schedules.map((schedule) => cellsOf(schedule, now, role))
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

function cellsOf({ info, timing, missed }: ShownSchedule, now: number, role: Role): string[] {
  const { name, state, nextAt, active, last, runs, failures } = info
  // Who has stopped does not know whether anybody else goes on.
  const due = nextAt === undefined || role === 'stopped' ? '' : until(nextAt, now)
  const next = state !== 'active' ? state : active.length > 0 ? 'runs' : due
  const before = last === undefined ? '' : `${last.status} ${ago(last.endedAt, now)}`
  return [name, timing, next, before, String(runs), String(failures), String(missed)]
}

const elsewhere = {
  starts: 'begins soon',
  leads: 'begins soon',
  follows: 'where another process leads',
  stopped: 'as it was left',
} as const

function roomLines({ role, room: { status, room } }: ServiceState, paint: Paint): string[] {
  const where =
    status === null
      ? paint('dim', elsewhere[role])
      : `${paint(status.state === 'running' ? 'green' : 'yellow', status.state)}  tick ${status.tick}  pass ${status.pass}`
  const title = `  ${paint('bold', 'thermostat')}  ${where}`
  if (room === undefined) return [title]
  const { minute, inside, outside, heating, switched } = room
  return [
    title,
    `  ${clockOf(minute)}  ${paint('cyan', bar(inside, [17, 23], 24))} ${degrees(inside)} inside, ${degrees(outside)} outside`,
    `  heater ${heating ? paint('red', 'on') : 'off'}, switched ${switched}×`,
  ]
}

const tickLines = ({ ticks }: RoomState, paint: Paint) =>
  ticks.map(({ tick, status, steps, changes }) =>
    paint('dim', `  tick ${tick}  ${status}  ${[steps.join(', '), ...changes].join('  ')}`),
  )

const degrees = (celsius: number) => `${celsius.toFixed(1)} °C`

/** Control characters, which a message may hold, become spaces. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const oneLine = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
