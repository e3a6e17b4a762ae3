import fc from 'fast-check'
import { must } from '../../finding.ts'
import type { Stage } from '../stage.ts'
import { CLIENTS, histories } from './moves.ts'
import { Mismatch, play } from './play.ts'

declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined

const asked = typeof process === 'undefined' ? undefined : process.env['PIPE_PROPERTY_RUNS']

/** Compares a store with the model in `usual` random histories, the same each time, or in as many new ones as are asked for. */
export async function compare(stage: Stage, usual: number): Promise<void> {
  const clients = [stage.store, stage.other]
  while (clients.length < CLIENTS) clients.push(await stage.open())
  const property = fc.asyncProperty(histories, (history) => play(stage, clients, history))
  const how = asked === undefined ? { numRuns: usual, seed: 1 } : { numRuns: Number(asked) }
  const { failed, seed, numShrinks, errorInstance } = await fc.check(property, how)
  if (!failed) return
  if (!(errorInstance instanceof Mismatch)) throw errorInstance
  must(
    false,
    `with seed ${seed}, after ${numShrinks} step(s) to a shorter history: ${errorInstance.message}`,
    'write this history down as a test of the store, and mend what it does otherwise than the contract says',
  )
}
