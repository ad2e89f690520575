/**
 * What SQL functions may know of the session while a statement runs. A plain record: it crosses to
 * the worker thread with the statement.
 */
export interface SessionValues {
  /** The merchant whose rows are visible; null for the administrator (and the box itself). */
  readonly merchant: string | null;
  readonly role: 'merchant' | 'admin' | 'system';
  /** User name as logged in (`merchant` or `merchant/terminal`). */
  readonly user: string;
  readonly database: string;
  /** IANA name or fixed offset, as in the TimeZone setting. */
  readonly timeZone: string;
  readonly applicationName: string;
  readonly searchPath: string;
  readonly backendPid: number;
  /** Microseconds since 2000-01-01 UTC: now(), CURRENT_TIMESTAMP. */
  readonly transactionTimestamp: bigint;
  /** Microseconds since 2000-01-01 UTC: statement_timestamp(). */
  readonly statementTimestamp: bigint;
  /** Settings that current_setting() shows, by lower-case name. */
  readonly settings: Readonly<Record<string, string>>;
}
