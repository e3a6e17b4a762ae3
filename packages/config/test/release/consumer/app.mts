import { pipeline, run, type } from '@pipe/core'
import * as retry from '@pipe/retry'

const double = pipeline('double', { input: type<number>() }, (p) => p.step('twice', { run: ({ input }) => input * 2 }))

const answer: number = await run(double, 21)
console.log('import', answer, typeof retry)

// A plugin should add optional fields only. One that does not must not break the declarations of core.
declare module '@pipe/core' {
  interface StepContext<U> {
    readonly tenant: string
  }
}
export const whose = pipeline('whose', (p) => p.step('tenant', { run: (_, { tenant }) => tenant.toUpperCase() }))

// @ts-expect-error the input is a number
export const wrong = () => run(double, '21')
