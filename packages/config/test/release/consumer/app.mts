import { pipeline, run, type } from '@pipe/core'
import * as retry from '@pipe/retry'

const double = pipeline('double', { input: type<number>() }, (p) => p.step('twice', { run: ({ input }) => input * 2 }))

const answer: number = await run(double, 21)
console.log('import', answer, typeof retry)

// @ts-expect-error the input is a number
export const wrong = () => run(double, '21')
