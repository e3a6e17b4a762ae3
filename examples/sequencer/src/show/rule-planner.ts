import type { Profile } from '../audio/profile.ts'
import type { Mood } from '../audio/sections.ts'
import type { Cue, LightGroup, Look, MacroPlan, ShowPlanner } from './planner.ts'

const looks: Readonly<Record<Mood, Pick<Look, 'brightness' | 'every'>>> = {
  calm: { brightness: 0.3, every: 'bar' },
  steady: { brightness: 0.6, every: 'beat' },
  peak: { brightness: 1, every: 'beat' },
}

/** Notes next to each other in the circle of fifths have colours next to each other. */
const fifths = ['C', 'G', 'D', 'A', 'E', 'B', 'F♯', 'C♯', 'G♯', 'D♯', 'A♯', 'F']
const colourOf = (note: string) => `hsl(${fifths.indexOf(note) * 30} 90% 55%)`

/** A planner that follows rules: the louder the song the brighter, a colour for each note, a flash for each line. */
export const rulePlanner: ShowPlanner = {
  macro: ({ sections, bars }, lyrics) => {
    // Without words, the beginnings of the peaks are what to wait for.
    const peaks = sections.filter(({ mood }) => mood === 'peak').map(({ start }) => start)
    const accents =
      lyrics?.map(({ at }) =>
        nearest(
          bars.map(({ start }) => start),
          at,
        ),
      ) ?? peaks
    return Promise.resolve({ looks: sections.map((section) => ({ ...section, ...looks[section.mood] })), accents })
  },
  group: (group, groups, macro, profile) =>
    Promise.resolve([...macro.looks.flatMap((look) => turns(group, groups, look, profile)), ...flashes(group, macro)]),
}

/** What a group does in a section: it lights up when it is its turn. */
function turns({ name, turn }: LightGroup, groups: number, look: Look, { bars, beats, tempo }: Profile): Cue[] {
  const beat = 60 / tempo
  const isIn = (at: number) => at >= look.start && at < look.end
  const starts = look.every === 'bar' ? bars.map(({ start }) => start) : beats
  return starts.flatMap((at, i): Cue[] => {
    if (!isIn(at) || i % groups !== turn) return []
    const note = bars.findLast(({ start }) => start <= at)?.note ?? 'C'
    const [effect, seconds] = look.every === 'bar' ? (['fade', 4 * beat] as const) : (['pulse', beat] as const)
    return [{ at, seconds, group: name, effect, colour: colourOf(note), level: look.brightness }]
  })
}

const flashes = ({ name }: LightGroup, { accents }: MacroPlan): Cue[] =>
  accents.map((at) => ({ at, seconds: 0.2, group: name, effect: 'flash', colour: 'white', level: 1 }))

const nearest = (times: readonly number[], wanted: number) =>
  times.reduce((best, time) => (Math.abs(time - wanted) < Math.abs(best - wanted) ? time : best), times[0] ?? wanted)
