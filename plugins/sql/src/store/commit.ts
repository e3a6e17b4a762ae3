import type { Entry } from '@pipe/state'
import type { Value, Work } from '../drivers/driver.ts'
import { entryKeyOf } from './entry-key.ts'
import { type Language, template } from './language.ts'
import type { StoreTables } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'
import { toText } from './text.ts'

/** An entry as its row has it. */
interface Kept {
  readonly key: string
  readonly final: 0 | 1
  readonly longKey: string | null
  readonly value: string
}

/**
 * So many entries, or characters of them, are the most of one statement: each number of entries is a text of its own, and
 * servers limit the packets that they take.
 */
const MOST_ENTRIES = 50
const MOST_CHARACTERS = 2 * 1024 * 1024

/** Of commits with so many entries, or fewer, a server had better remember how they are done. */
const OFTEN = 16

/** Records entries, as `StateStore.commit` says. */
export type Commit = (id: string, fence: number, entries: readonly Entry[]) => Promise<boolean>

/**
 * What records entries. To take a run, and to end it, is to change its row; whoever records entries locks it first, so
 * that nothing is recorded for a lease that is over. What a server does in one statement it is asked in one.
 */
export function commitOf(database: StoreDatabase, language: Language, { runs, entries: table }: StoreTables): Commit {
  const { dialect, now, forUpdate, text, unlessFinal } = language
  const columns = '(born, run_id, entry_key, final, recorded_at, size, long_key, value)'
  const good = `id = ? AND fence = ? AND lease_until > 0`
  const integer = text === '' ? '' : '::integer'
  const row = `(?${text}, ?${integer}, ?${integer}, ?${text}, ?${text})`

  const lease = template(
    language,
    `
    SELECT born, CASE WHEN updated_at < ${now} THEN 1 ELSE 0 END AS is_late FROM ${runs} WHERE ${good} ${forUpdate}`,
  )
  const touch = template(language, `UPDATE ${runs} SET updated_at = ${now} WHERE id = ?`)
  const insertions = textsOf((count) => {
    const rows = Array.from({ length: count }, () => `(?, ?, ?, ?, ${now}, ?, ?, ?)`)
    return template(language, `INSERT INTO ${table} ${columns} VALUES ${rows.join(', ')} ${unlessFinal(table)}`)
  })
  /** PostgreSQL: all of it at once. */
  const whole = textsOf((count) => {
    const rows = Array.from({ length: count }, () => row)
    return template(
      language,
      `
      WITH lease AS (UPDATE ${runs} SET updated_at = ${now} WHERE ${good} RETURNING id, born, updated_at),
      kept AS (
        INSERT INTO ${table} ${columns}
        SELECT lease.born, lease.id, e.entry_key, e.final, lease.updated_at, e.size, e.long_key, e.value
        FROM lease, (VALUES ${rows.join(', ')}) AS e (entry_key, final, size, long_key, value)
        ${unlessFinal(table)}
      )
      SELECT id FROM lease`,
      count <= OFTEN,
    )
  })
  // MariaDB counts the bytes of a text in a derived table with 16 bits, and keeps as many: none is in one. The row of the
  // run is only locked; that of its data, which the statement must write anyway, has the time.
  const one = template(
    language,
    `
    INSERT INTO ${table} ${columns}
    SELECT r.born, r.id, IF(n.i = 0, '', ?), IF(n.i = 0, 1, ?), ${now}, IF(n.i = 0, 0, ?), IF(n.i = 0, NULL, ?),
    IF(n.i = 0, '', ?) FROM ${runs} r JOIN (SELECT 0 AS i UNION ALL SELECT 1) n
    WHERE r.id = ? AND r.fence = ? AND r.lease_until > 0 LOCK IN SHARE MODE ${unlessFinal(table)}`,
    true,
  )
  const isGood = template(language, `SELECT id FROM ${runs} WHERE ${good}`)

  const inTransaction = (id: string, fence: number, parts: readonly (readonly Kept[])[]): Work<boolean> =>
    function* () {
      const { born, is_late } = (yield lease(id, fence)).rows[0] ?? {}
      if (born === undefined) return false
      // To write the run costs as much as an entry: once in a millisecond is enough.
      if (is_late === 1) yield touch(id)
      for (const part of parts) yield insertions(part.length)(...part.flatMap((kept) => [born, id, ...valuesOf(kept)]))
      return true
    }

  return async (id, fence, entries) => {
    const parts = partsOf(folded(entries), dialect === 'sqlite' ? 1 : MOST_ENTRIES)
    const [first = [], second] = parts
    if (second === undefined && first.length > 0) {
      if (dialect === 'postgres') {
        const { rows } = await database.write(whole(first.length)(id, fence, ...first.flatMap(valuesOf)))
        return rows.length === 1
      }
      if (dialect === 'mysql' && first.length === 1) {
        const { changes } = await database.write(one(...valuesOf(first[0]!), id, fence))
        // A client that counts only what it changes has changed nothing in the same ms, if the entry was final.
        return changes > 0 || (await database.read(isGood(id, fence))).rows.length === 1
      }
    }
    return await database.transact(inTransaction(id, fence, parts))
  }
}

const valuesOf = ({ key, final, longKey, value }: Kept): Value[] => [key, final, value.length, longKey, value]

/**
 * What is left of entries when those with the same key have been recorded one after the other: a statement writes a row
 * once.
 */
function folded(entries: readonly Entry[]): readonly Kept[] {
  const kept = new Map<string, Kept>()
  for (const { key, value, final } of entries) {
    const { entryKey, longKey } = entryKeyOf(key)
    if (kept.get(entryKey)?.final === 1) continue
    kept.set(entryKey, { key: entryKey, final: final ? 1 : 0, longKey, value: toText(value) })
  }
  return [...kept.values()]
}

/** Entries in parts that one statement each can write. */
function partsOf(entries: readonly Kept[], most: number): readonly (readonly Kept[])[] {
  const parts: Kept[][] = []
  let characters = Infinity
  for (const entry of entries) {
    const size = entry.value.length + (entry.longKey?.length ?? 0)
    const isFull = characters + size > MOST_CHARACTERS || parts.at(-1)?.length === most
    if (isFull) parts.push([])
    characters = isFull ? size : characters + size
    parts.at(-1)!.push(entry)
  }
  return parts
}

/** Makes what depends on a number once for each. */
function textsOf<T>(make: (count: number) => T): (count: number) => T {
  const made = new Map<number, T>()
  return (count) => {
    let one = made.get(count)
    if (one === undefined) made.set(count, (one = make(count)))
    return one
  }
}
