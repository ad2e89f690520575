/**
 * Types of libpg-query's Emscripten module, which the package itself leaves untyped. Only what
 * `grammar.ts` uses.
 */
declare module 'libpg-query/wasm/libpg-query.js' {
  export interface PgQueryModule {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    _wasm_parse_query_raw(query: number): number;
    _wasm_free_parse_result(result: number): void;
    _wasm_scan(query: number): number;
    _wasm_free_string(pointer: number): void;
    lengthBytesUTF8(text: string): number;
    stringToUTF8(text: string, pointer: number, bytes: number): void;
    UTF8ToString(pointer: number): string;
    getValue(pointer: number, type: 'i32'): number;
  }
  export interface ModuleOptions {
    instantiateWasm?: (
      imports: object,
      done: (instance: object, module: WebAssembly.Module) => void,
    ) => Record<string, never>;
  }
  const createModule: (options?: ModuleOptions) => Promise<PgQueryModule>;
  export default createModule;
}
