/** Placeholder types until the pool lands. */
import type { ProtectedTables } from './authorizer.ts';
import type { ReadRequest } from './engine.ts';

export class ReadWorkers {
  constructor(_options: unknown) {}
  readonly running = 0;
  run(_request: ReadRequest): Promise<void> {
    return Promise.reject(new Error('not yet'));
  }
  protect(_tables: ProtectedTables): void {}
  cancelAll(): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}
