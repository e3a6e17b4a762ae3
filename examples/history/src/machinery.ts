import { createPipe, type Pipe } from '@pipe/core'
import { retry } from '@pipe/retry'
import { type Database, tracker } from '@pipe/sql'
import type { NormalsSource } from './weather/normals.ts'

/** A pipe whose runs are written to a database, with what failed steps have read. */
export const openPipe = (db: Database, normals: NormalsSource): Pipe<{ normals: NormalsSource }> =>
  createPipe({ plugins: [tracker({ db, input: 'failed' }), retry()], services: { normals } })
