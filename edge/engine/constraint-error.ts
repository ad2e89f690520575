/**
 * A constraint that SQLite saw broken, before anyone has given it a PostgreSQL face. The executor
 * (`sql/execute`) turns it into an EdgeError with names, because only the catalog knows them.
 */
export class SqliteConstraintError extends Error {
  override readonly name = 'SqliteConstraintError';
  /** SQLite's extended result code, e.g. 2067 SQLITE_CONSTRAINT_UNIQUE. */
  readonly extendedCode: number;

  /** @param message SQLite's text, e.g. `UNIQUE constraint failed: sales.merchant_id, sales.id` */
  constructor(extendedCode: number, message: string) {
    super(message);
    this.extendedCode = extendedCode;
  }
}
