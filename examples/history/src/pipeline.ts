import { pipeline, type } from '@pipe/core'
import { mean, type Month, monthsOf } from './weather/month.ts'
import { Normals } from './weather/normals.ts'
import { readDays } from './weather/read-days.ts'

/** What one month was like, beside what is normal for it. */
const month = pipeline('month', { input: type<Month>() }, (p, input) => {
  const measured = p.step('measure', { run: ({ input }) => mean(input.days.map(({ mean }) => mean)) })

  const normal = p.step('normal', {
    uses: { normals: Normals },
    retry: { maxAttempts: 3, initialDelay: '100ms' },
    run: ({ input }, { use, signal }) => use.normals.temperature(input.number, signal),
  })

  return p.step('compare', {
    needs: { month: input, measured, normal },
    track: { output: true },
    run: ({ month, measured, normal }) => ({ month: month.name, warmer: measured - normal }),
  })
})

/** How much warmer than normal the months of some years were. Nothing here but `track` knows that it is written down. */
export const weather = pipeline('weather', { input: type<{ file: string }>(), version: '1' }, (p, input) => {
  const read = p.step('read', { needs: { input }, run: ({ input }, { signal }) => readDays(input.file, signal) })

  const months = p.map('months', {
    needs: { read },
    over: ({ read }) => monthsOf(read),
    key: ({ name }) => name,
    concurrency: 4,
    track: { input: false }, // the days of a month, hundreds of them
    run: month,
  })

  const frost = p.step('frost', {
    needs: { read },
    when: ({ read }) => read.some(({ mean }) => mean < -10),
    run: ({ read }) => read.filter(({ mean }) => mean < -10).length,
  })

  return p.step('report', {
    needs: { months, frost },
    run: ({ months }) => months.toSorted((a, b) => b.warmer - a.warmer)[0]!,
  })
})
