import { greatest, least } from 'd3-array'
import { htmlEscape } from 'escape-goat'
import type { MonthReport } from '../days/month.ts'
import { celsius, count, percent, signed } from './number.ts'
import type { Report } from './report.ts'
import { style } from './style.ts'

/** Drawings, as SVG. */
export interface Charts {
  readonly temperature: string
  readonly rain: string
  readonly calendar: string
}

/** The report as an HTML page that needs nothing but itself. */
export function renderPage(report: Report, charts: Charts): string {
  const { days, cleaned, heat, frost, months } = report
  const [from, to] = [days[0]!.date, days.at(-1)!.date]
  const years = `${from.slice(0, 4)}–${to.slice(0, 4)}`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Weather of Seattle, ${years}</title>
<style>${style}</style>

<h1>Weather of Seattle, ${years}</h1>
<p>${count(days.length)} days, ${from} to ${to}: on average ${celsius(Math.abs(report.mean - report.normal))}
${report.mean >= report.normal ? 'warmer' : 'cooler'} than from 1981 to 2010.</p>

<dl class="facts">
${facts(report)
  .map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`)
  .join('\n')}
</dl>

<h2>Temperature</h2>
<p><span class="key range"></span>usual lows to highs &ensp; <span class="key mean"></span>mean &ensp;
<span class="key normal"></span>normal, 1981–2010</p>
${charts.temperature}

<h2>Rain and snow</h2>
<p>Millimetres in a month.</p>
${charts.rain}

<h2>Every day</h2>
<p>From deep blue at −5 °C to dark red at 28 °C.</p>
${charts.calendar}

<h2>Month by month</h2>
<table>
<thead><tr><th></th><th>mean</th><th>against normal</th><th>highest</th><th>lowest</th><th>rain</th><th>wet days</th><th>snow days</th></tr></thead>
<tbody>
${months.map(rowOf).join('\n')}
</tbody>
</table>

<footer>
${count(heat.length)} hot spells (three days or more of 30 °C)${frost.length > 0 ? `, ${count(frost.length)} bitter ones` : ''}.
From ${htmlEscape(report.source)}, measured by NOAA at the airport; ${count(cleaned.repeated + cleaned.impossible)} rows were
left out, ${count(cleaned.traces)} days of rain without any are counted as drizzle.
</footer>
</html>
`
}

function facts({ days, mean, normal }: Report): [name: string, value: string][] {
  const hottest = greatest(days, ({ high }) => high)!
  const coldest = least(days, ({ low }) => low)!
  const wettest = greatest(days, ({ precipitation }) => precipitation)!
  return [
    ['mean', `${celsius(mean)} (${signed(mean - normal)})`],
    [`hottest, ${hottest.date}`, celsius(hottest.high)],
    [`coldest, ${coldest.date}`, celsius(coldest.low)],
    [`wettest, ${wettest.date}`, `${count(wettest.precipitation)} mm`],
  ]
}

function rowOf({ name, mean, warmer, high, low, precipitation, wetDays, snow }: MonthReport): string {
  const cells = [
    celsius(mean),
    signed(warmer),
    celsius(high),
    celsius(low),
    `${count(precipitation)} mm`,
    percent(wetDays),
    snow === undefined ? '–' : count(snow.days),
  ]
  return `<tr><th>${name}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}
