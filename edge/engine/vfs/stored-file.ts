/**
 * A file on the disk as the VFS sees it, below SQLite and above the kernel. Two makers exist: the
 * product's (`durable-file.ts`) and the offline harness's (`volatile-file.ts`), which forgets on
 * SIGKILL whatever no returned sync covered.
 */
export interface StoredFile {
  /** Fills `target` from `position` as far as the file reaches; returns the bytes read. */
  read(target: Uint8Array, start: number, length: number, position: number): number;
  write(source: Uint8Array, start: number, length: number, position: number): void;
  truncate(bytes: number): void;
  size(): number;
  /** Returns when every byte written so far is on the disk. */
  syncNow(): void;
  /** The same without holding the event loop: covers the bytes written before the call. */
  sync(): Promise<void>;
  /** False when another file lies at its path, or none. */
  isAtItsPath(): boolean;
  close(): void;
}

export interface StorageMedium {
  /** Opens the file, creating it (and syncing its directory) when asked to. */
  open(path: string, options: { readonly create: boolean; readonly readOnly: boolean }): StoredFile;
  exists(path: string): boolean;
  remove(path: string): void;
  /** An unnamed file for sorting and the like, gone when closed. */
  openTemporary(directory: string): StoredFile;
}
