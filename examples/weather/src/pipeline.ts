import { pipeline, type } from '@pipe/core'
import { z } from 'zod'
import { cleanDays } from './days/clean-days.ts'
import { isSnowy, measure, measureSnow, type Month, monthsOf } from './days/month.ts'
import { readDays } from './days/read-days.ts'
import { isBitter, isHot, spellsOf } from './days/spells.ts'
import { Normals } from './normals/normals.ts'
import { compare } from './days/compare.ts'
import { drawCalendar } from './report/calendar-chart.ts'
import { renderPage } from './report/page.ts'
import { drawRain } from './report/rain-chart.ts'
import { type Report, toJson, toReport } from './report/report.ts'
import { drawTemperature } from './report/temperature-chart.ts'
import { writeWhole } from './report/write-whole.ts'

/** What one month was like, beside what is normal for it. */
const month = pipeline('month', { input: type<Month>() }, (p, input) => {
  const measured = p.step('measure', { run: ({ input }) => measure(input) })

  const normal = p.step('normal', {
    uses: { normals: Normals },
    retry: { maxAttempts: 4, initialDelay: '200ms' },
    run: ({ input }, { use, signal }) => use.normals.temperature(input.number, signal),
  })

  const snow = p.step('snow', {
    when: ({ input }) => input.days.some(isSnowy),
    run: ({ input }) => measureSnow(input),
  })

  return p.step('compare', { needs: { month: input, measured, normal, snow }, run: compare })
})

/** A report as a page to look at and as data to go on with. */
const publish = pipeline('publish', { input: type<{ report: Report; folder: string }>() }, (p, input) => {
  const charts = p.group('charts', {
    steps: {
      temperature: ({ input }) => drawTemperature(input.report.months),
      rain: ({ input }) => drawRain(input.report.months),
      calendar: ({ input }) => drawCalendar(input.report.days),
    },
  })

  const page = p.step('page', {
    needs: { input, ...charts },
    run: ({ input, ...charts }) => renderPage(input.report, charts),
  })

  const html = p.step('html', {
    needs: { input, page },
    run: ({ input, page }) => writeWhole(input.folder, 'weather.html', page),
  })

  const json = p.step('json', {
    run: ({ input: { report, folder } }) => writeWhole(folder, 'weather.json', toJson(report)),
  })

  return { html, json }
})

const Input = z.object({
  /** The CSV file to read. */
  data: z.string().min(1),
  /** The folder to write to; made when it is not there. */
  folder: z.string().min(1),
})

/** The weather of some years: read, cleaned, compared month by month, written up. */
export const weather = pipeline('weather', { input: Input }, (p, input) => {
  const read = p.step('read', {
    run: ({ input }, { signal, progress }) => readDays(input.data, signal, (days) => progress(`${days} days`)),
  })

  const clean = p.step('clean', {
    needs: { read },
    run: ({ read }, { log }) => {
      const { days, ...counts } = cleanDays(read)
      log.info({ days: days.length, ...counts }, 'cleaned')
      return { days, ...counts }
    },
  })

  const months = p.map('months', {
    needs: { clean },
    over: ({ clean }) => monthsOf(clean.days),
    key: ({ name }) => name,
    concurrency: 4,
    run: month,
  })

  const heat = p.step('heat', {
    needs: { clean },
    when: ({ clean }) => clean.days.some(isHot),
    run: ({ clean }) => spellsOf(clean.days, isHot, 3),
  })

  const frost = p.step('frost', {
    needs: { clean },
    when: ({ clean }) => clean.days.some(isBitter),
    run: ({ clean }) => spellsOf(clean.days, isBitter, 3),
  })

  const report = p.step('report', { needs: { input, clean, months, heat, frost }, run: toReport })

  const files = p.call('publish', publish, {
    needs: { input, report },
    input: ({ input, report }) => ({ report, folder: input.folder }),
  })

  return { report, files }
})
