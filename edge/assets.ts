/**
 * Files that travel inside the single executable (WASM modules, the worker's bundle, the console). From a
 * checkout there are none, and each library loads its own file from node_modules.
 */
import { getRawAsset, isSea } from 'node:sea';

export type AssetName =
  | 'sqlite3.wasm'
  | 'libpg-query.wasm'
  | 'worker.cjs'
  | 'pglite.wasm'
  | 'pglite.data'
  | 'initdb.wasm'
  | 'console.html'
  | 'console.js'
  | 'console.css'
  | 'console.svg';

/** The asset's bytes inside the executable, undefined from a checkout. */
export function embeddedAsset(name: AssetName): Uint8Array<ArrayBuffer> | undefined {
  return isSea() ? new Uint8Array(getRawAsset(name) as ArrayBuffer) : undefined;
}

/** WebAssembly's JavaScript interface, of which the compiler's libraries without a DOM name only the types. */
const wasm = (
  globalThis as unknown as {
    readonly WebAssembly: { compile(bytes: Uint8Array): Promise<WebAssembly.Module> };
  }
).WebAssembly;

/** Compiles a module once, to be instantiated by the library that it belongs to. */
export function compileWasm(bytes: Uint8Array): Promise<WebAssembly.Module> {
  return wasm.compile(bytes);
}
