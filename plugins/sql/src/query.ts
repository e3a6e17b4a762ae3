import {
  type Compilable,
  DummyDriver,
  IdentifierNode,
  Kysely,
  type KyselyPlugin,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  OperationNodeTransformer,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryId,
  type SchemableIdentifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import type { Dialect as Language, Statement, Value } from './drivers/driver.ts'

const PARTS = {
  postgres: [PostgresAdapter, PostgresQueryCompiler, PostgresIntrospector],
  mysql: [MysqlAdapter, MysqlQueryCompiler, MysqlIntrospector],
  sqlite: [SqliteAdapter, SqliteQueryCompiler, SqliteIntrospector],
} as const

/**
 * Builds statements in the words of a dialect. It has no connection: what is built is given to a driver.
 *
 * @param tables the names that get `prefix` in front
 */
export function builderOf<Tables>(
  language: Language,
  tables: readonly (keyof Tables & string)[],
  prefix: string,
): Kysely<Tables> {
  const [Adapter, Compiler, Introspector] = PARTS[language]
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => new Compiler(),
      createIntrospector: (db) => new Introspector(db),
    },
    plugins: prefix === '' ? [] : [prefixed(new Set(tables), prefix)],
  })
}

/** What was built, to be given to a driver. */
export function statementOf(query: Compilable): Statement {
  const { sql, parameters } = query.compile()
  // Nothing is built from anything else.
  return { sql, parameters: parameters as readonly Value[] }
}

function prefixed(tables: ReadonlySet<string>, prefix: string): KyselyPlugin {
  class TablePrefix extends OperationNodeTransformer {
    protected override transformSchemableIdentifier(
      node: SchemableIdentifierNode,
      id?: QueryId,
    ): SchemableIdentifierNode {
      const named = super.transformSchemableIdentifier(node, id)
      const { name } = named.identifier
      return tables.has(name) ? { ...named, identifier: IdentifierNode.create(prefix + name) } : named
    }
  }
  const transformer = new TablePrefix()
  return {
    transformQuery: ({ node, queryId }) => transformer.transformNode(node, queryId),
    transformResult: ({ result }) => Promise.resolve(result),
  }
}
