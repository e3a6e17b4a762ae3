import { greatest, least } from 'd3-array'
import { celsius, count, signed } from './number.ts'
import type { Report } from './report.ts'

/** The report in a few lines of text. */
export function summary({ days, months, mean, normal, heat }: Report): string {
  const warmest = greatest(months, ({ warmer }) => warmer)!
  const wettest = greatest(months, ({ precipitation }) => precipitation)!
  const driest = least(months, ({ precipitation }) => precipitation)!
  return `Seattle, ${days[0]!.date} to ${days.at(-1)!.date}: ${count(days.length)} days
  mean           ${celsius(mean)}, ${signed(mean - normal)} against 1981 to 2010
  most unusual   ${warmest.name}, ${signed(warmest.warmer)}
  wettest        ${wettest.name}, ${count(wettest.precipitation)} mm; driest ${driest.name}, ${count(driest.precipitation)} mm
  hot spells     ${heat.length === 0 ? 'none' : count(heat.length)}
`
}
