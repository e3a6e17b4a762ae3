import { createPipe, pipeline, type } from '@pipe/core'
import { tracker } from '@pipe/sql'

const pipeOn = ({ db } = {}, options) => createPipe({ plugins: db === undefined ? [] : [tracker({ db, ...options })] })

/** All steps side by side, and one that adds them up; nobody is in a hurry for the end, and nothing is dropped. */
export function wide(functions, database) {
  const pipe = pipeOn(database, { endWait: '1m', maxRows: 1_000_000 })
  const sum = pipeline('wide', { input: type() }, (p, input) => {
    const steps = functions.map((fn, i) => p.step(`s${i}`, { needs: { input }, run: ({ input }) => fn(input) }))
    return p.step('end', { needs: steps, run: (all) => all.reduce((sum, n) => sum + n, 0) })
  })
  return (value) => pipe.run(sum, value)
}

/** One step after the other, as a user has it: `database` may be none. */
export function chain(functions, database, options) {
  const pipe = pipeOn(database, options)
  const numbers = pipeline('chain', { input: type() }, (p, input) => {
    let last = input
    functions.forEach((fn, i) => {
      const before = last
      last = p.step(`s${i}`, { needs: { before }, run: ({ before }) => fn(before) })
    })
    return last
  })
  return (value) => pipe.run(numbers, value)
}
