/**
 * Connections for snapshots, opened when first needed and kept. Who finds none free waits in line.
 */
import type { Connection } from './connection.ts';
import { OpenSnapshot } from './snapshot-transaction.ts';

export class SnapshotPool {
  readonly #open: () => Connection;
  readonly #max: number;
  readonly #budgetMs: number;
  readonly #connections: Connection[] = [];
  readonly #free: Connection[] = [];
  readonly #waiting: { readonly grant: () => void; readonly refuse: (error: Error) => void }[] = [];
  readonly #snapshots = new Set<OpenSnapshot>();
  #closed: Error | null = null;

  constructor(open: () => Connection, max: number, budgetMs: number) {
    this.#open = open;
    this.#max = max;
    this.#budgetMs = budgetMs;
  }

  get connections(): readonly Connection[] {
    return this.#connections;
  }

  get inUse(): number {
    return this.#snapshots.size;
  }

  async begin(): Promise<OpenSnapshot> {
    while (this.#free.length === 0 && this.#connections.length >= this.#max) {
      if (this.#closed !== null) throw this.#closed;
      await new Promise<void>((grant, refuse) => this.#waiting.push({ grant, refuse }));
    }
    if (this.#closed !== null) throw this.#closed;
    const connection = this.#free.pop() ?? this.#add();
    try {
      const snapshot: OpenSnapshot = new OpenSnapshot(connection, this.#budgetMs, () => {
        this.#snapshots.delete(snapshot);
        this.#giveBack(connection);
      });
      this.#snapshots.add(snapshot);
      return snapshot;
    } catch (error) {
      this.#giveBack(connection);
      throw error;
    }
  }

  /** Ends every snapshot: the log cannot wait for them. */
  cancelAll(): void {
    for (const snapshot of this.#snapshots) snapshot.cancel();
  }

  close(error: Error): void {
    this.#closed = error;
    this.cancelAll();
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(error);
    for (const connection of this.#connections.splice(0)) connection.close();
    this.#free.length = 0;
  }

  #add(): Connection {
    const connection = this.#open();
    this.#connections.push(connection);
    return connection;
  }

  #giveBack(connection: Connection): void {
    this.#free.push(connection);
    this.#waiting.shift()?.grant();
  }
}
