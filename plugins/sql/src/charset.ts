import { PipelineError } from '@pipe/core'
import type { Driver } from './drivers/driver.ts'

const NEEDED = 'utf8mb4'

/**
 * Makes sure that texts reach the server, and come back, as they are: a connection of MySQL has a character set, and what is
 * not in it is replaced without an error.
 *
 * @throws PipelineError `DATABASE_FAILED`, with the remedy
 */
export async function mustKeepTexts(driver: Driver): Promise<void> {
  if (driver.dialect !== 'mysql') return
  const sql = 'SELECT @@character_set_client AS a, @@character_set_connection AS b, @@character_set_results AS c'
  const [row] = (await driver.read({ sql, parameters: [] })).rows
  const other = Object.values(row ?? {}).find((charset) => charset !== NEEDED)
  if (other === undefined) return
  const message = `The connections of the pool have the character set ${other}, in which most texts cannot be kept. Create the pool with \`charset: '${NEEDED}'\`, or leave \`charset\` out.`
  throw new PipelineError('DATABASE_FAILED', message, { plugin: 'sql' })
}
