/**
 * What reading and writing of values depends on beside the value: the session's time zone, and the
 * moment that the words `now` and `today` mean.
 */
export interface TypeSettings {
  /** IANA name or fixed offset, as in the TimeZone setting. */
  readonly timeZone: string;
  /** Microseconds since 2000-01-01 UTC of the transaction's start. */
  readonly now: bigint;
}

/** Settings for values whose type does not look at them. */
export const UTC_SETTINGS: TypeSettings = { timeZone: 'UTC', now: 0n };
