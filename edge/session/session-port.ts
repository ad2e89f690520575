/**
 * The seam between a connection and its session: what the connection calls, and what it offers. It
 * stands here and not in `net`, because imports point from the socket inwards.
 *
 * The connection owns the socket and hands over one message at a time; the session owns everything
 * that a message means. Neither retries: a broken connection closes its session, and a session that
 * must end its connection says so through `SessionOutput.close`.
 */
import type { ByteWriter } from '../types/byte-writer.ts';
import type { FrontendMessage } from '../wire/frontend.ts';

/** Who logged in, and with what: the result of authentication. */
export interface LoginInfo {
  /** As given at start-up: `merchant`, `merchant/terminal` or `admin`. */
  readonly user: string;
  readonly database: string;
  readonly role: 'merchant' | 'admin';
  /** null for the administrator. */
  readonly merchant: string | null;
  /** Start-up parameters but user, database and `_pq_.` ones; names as sent. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly backendPid: number;
  /** Secret of BackendKeyData. */
  readonly backendSecret: Uint8Array;
}

/** Where a session's answers go. */
export interface SessionOutput {
  /** Messages are appended here; nothing leaves before `flush`. */
  readonly writer: ByteWriter;
  /** Hands what was written so far to the socket. */
  flush(): void;
  /** Takes back what was written since the last `flush`: the disk failed, and it is not true. */
  discard(): void;
  /** null when the client takes what it is sent; else resolves when it does again, or is gone. */
  drained(): Promise<void> | null;
  /** Flushes, then ends the connection: after a FATAL error, or Terminate. */
  close(): void;
}

/** What a session is doing, for whoever looks at the box. */
export interface SessionView {
  readonly statements: number;
  /** Monotonic milliseconds of the end of its last statement, or of its login. */
  readonly lastUseMs: number;
  readonly state: 'active' | 'idle' | 'idle in transaction' | 'idle in failed transaction';
}

export interface SessionPort {
  /**
   * Writes ParameterStatus, BackendKeyData and the first ReadyForQuery; AuthenticationOk went before.
   * A start-up parameter that is wrong is answered with FATAL and `close`.
   */
  start(): void;
  /**
   * Handles one message. The next one may be given only when the promise has resolved; null says that it
   * is done already. Never rejects: what goes wrong becomes an ErrorResponse. Views in the message
   * need to live only until this call returns.
   */
  receive(message: FrontendMessage): Promise<void> | null;
  view(): SessionView;
  /** CancelRequest with the right secret: the running statement ends with 57014. */
  cancel(): void;
  /** The box stops: FATAL 57P01, at once or when the running statement has been broken off. */
  shutdown(): void;
  /** The connection is gone: rolls back and frees everything. May be called at any time, and twice. */
  close(): void;
}
