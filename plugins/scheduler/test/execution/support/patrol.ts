import { createPipe, pipeline } from '@pipe/core'
import { blackboard, createExecution, type ExecutionOptions } from '../../../src/index.ts'

/** What a robot knows of itself. */
interface Robot {
  readonly battery: number
  readonly position: number
}

const Board = blackboard<Robot>()

/** Two ticks a pass: drives, then pays for it; fails when the battery is empty. */
export const patrol = pipeline('patrol', (p) => {
  const drive = p.step('drive', {
    uses: { board: Board },
    run: (_, { use: { board } }) => board.update('position', (at) => at + 1),
  })
  return p.step('drain', {
    after: [drive],
    uses: { board: Board },
    run: (_, { use: { board } }) => {
      board.update('battery', (left) => left - 5)
      if (board.get('battery') <= 0) throw new Error('empty')
      return board.get('battery')
    },
  })
})

/** An execution of {@link patrol} on a pipe of its own. */
export const patrolling = (options: ExecutionOptions & { readonly battery?: number } = {}) => {
  const { battery = 100, ...rest } = options
  return createExecution(createPipe(), patrol, undefined, { blackboard: { battery, position: 0 }, ...rest })
}

/** One step a pass, one tick. */
export const single = (run: () => unknown) => pipeline('single', (p) => p.step('work', { run }))

/** A step that runs until it is let go; `began` counts its starts. */
export function gated() {
  let letGo: () => void = () => undefined
  let began = 0
  const aborts: unknown[] = []
  const definition = pipeline('gated', (p) =>
    p.step('wait', {
      run: async (_, { signal }) => {
        began++
        await new Promise<void>((resolve, reject) => {
          letGo = resolve
          const stop = () => {
            aborts.push(signal.reason)
            reject(signal.reason as Error)
          }
          signal.addEventListener('abort', stop, { once: true })
        })
      },
    }),
  )
  return {
    definition,
    aborts,
    get began() {
      return began
    },
    letGo: () => letGo(),
  }
}
