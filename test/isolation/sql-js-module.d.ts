/** The little of sql.js that the oracle uses; the package brings no types. */
declare module 'sql.js' {
  export type Value = number | string | bigint | Uint8Array | null;
  export interface Statement {
    bind(values: readonly Value[]): boolean;
    step(): boolean;
    get(params: null, config: { readonly useBigInt: boolean }): Value[];
    run(values: readonly Value[]): void;
    free(): boolean;
  }
  export interface Database {
    run(sql: string): Database;
    prepare(sql: string): Statement;
    create_function(name: string, invoke: (...args: Value[]) => Value): Database;
    create_aggregate(
      name: string,
      parts: {
        readonly init: () => unknown;
        readonly step: (state: never, ...args: Value[]) => unknown;
        readonly finalize: (state: never) => Value;
      },
    ): Database;
    close(): void;
  }
  const initSqlJs: () => Promise<{ readonly Database: new () => Database }>;
  export default initSqlJs;
}
