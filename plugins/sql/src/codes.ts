/** The codes that this package adds to those of core. */
export const errorCodes = {
  TABLES_MISSING:
    'The database does not have the tables that are needed, or has those of an older version. Call `migrate()` of @pipe/sql when you deploy, or let it be done (`migrate: "auto"`).',
  DATABASE_FAILED: 'The database could not be asked. `cause` is what its client rejected with.',
} as const

type SqlErrorCodes = typeof errorCodes

declare module '@pipe/core' {
  interface ErrorCodes extends SqlErrorCodes {}
}
