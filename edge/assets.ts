/**
 * Files that travel inside the single executable (WASM modules, the worker's bundle, the console, the
 * papers). From a checkout there are none, and each library loads its own file from node_modules.
 */
import { getRawAsset, isSea } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';

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
  | 'console.svg'
  | 'sbom.cdx.json'
  | 'licences.txt';

/** Packed inside: large, and not needed by a box that serves. What every start reads lies open. */
export const COMPRESSED_ASSETS: ReadonlySet<AssetName> = new Set([
  'pglite.wasm',
  'pglite.data',
  'initdb.wasm',
  'sbom.cdx.json',
  'licences.txt',
]);

/** The asset's bytes inside the executable, undefined from a checkout. */
export function embeddedAsset(name: AssetName): Uint8Array<ArrayBuffer> | undefined {
  if (!isSea()) return undefined;
  const bytes = new Uint8Array(getRawAsset(name) as ArrayBuffer);
  return COMPRESSED_ASSETS.has(name) ? new Uint8Array(zstdDecompressSync(bytes)) : bytes;
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
