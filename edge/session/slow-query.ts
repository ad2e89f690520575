/**
 * A statement that took long, as the session tells of it. Whoever keeps it must take the literals out of its
 * text first: they are merchants' data.
 */
export interface SlowQuery {
  /** null for the administrator. */
  readonly merchant: string | null;
  readonly user: string;
  /** As the client sent it; null where it was not understood. */
  readonly text: string | null;
  readonly tookMs: number;
  readonly rows: number;
  readonly sqlstate: string;
  /** Whether its plan had to be made. */
  readonly plan: 'made' | 'known';
  /** Where it ran: beside the sales, or among them. */
  readonly ran: 'main' | 'worker';
}

export interface SlowQueries {
  readonly thresholdMs: number;
  note(query: SlowQuery): void;
}
