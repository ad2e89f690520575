/** The real disk with faults that a test switches on and off. */
import { durableMedium } from '../../../edge/engine/vfs/durable-file.ts';
import type { StorageMedium, StoredFile } from '../../../edge/engine/vfs/stored-file.ts';

export interface Faults {
  /** No file may grow. */
  full: boolean;
  syncFails: boolean;
  readFails: boolean;
}

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

function faultyFile(file: StoredFile, faults: Faults): StoredFile {
  return {
    read: (target, start, length, position) => {
      if (faults.readFails) throw fault('EIO');
      return file.read(target, start, length, position);
    },
    write: (source, start, length, position) => {
      if (faults.full && position + length > file.size()) throw fault('ENOSPC');
      file.write(source, start, length, position);
    },
    truncate: (bytes) => file.truncate(bytes),
    size: () => file.size(),
    syncNow: () => {
      if (faults.syncFails) throw fault('EIO');
      file.syncNow();
    },
    sync: () => (faults.syncFails ? Promise.reject(fault('EIO')) : file.sync()),
    isAtItsPath: () => file.isAtItsPath(),
    close: () => file.close(),
  };
}

export function faultyDisk(faults: Faults): StorageMedium {
  return {
    ...durableMedium,
    open: (path, options) => faultyFile(durableMedium.open(path, options), faults),
  };
}
