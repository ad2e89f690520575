/**
 * Where the control socket lies, and how it is opened; `control-routes.ts` says what it answers.
 *
 * The socket is the box's own (mode 0600): whoever may open it is the administrator.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlRoutes } from './control-routes.ts';
import type { Operations } from './operations.ts';

/** sun_path of a Unix socket address holds 108 bytes with its terminating zero. */
const SOCKET_PATH_BYTES_MAX = 107;

/** In the data directory, or under /run (else the temporary directory) where that path is too long. */
export function controlSocketPath(dataDir: string): string {
  const near = join(dataDir, 'control.sock');
  if (Buffer.byteLength(near) <= SOCKET_PATH_BYTES_MAX) return near;
  const name = `helios-edge-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}.sock`;
  return join(existsSync('/run') ? '/run' : tmpdir(), name);
}

export interface ControlServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Starts the control socket. A socket file left by a dead box is replaced. */
export async function startControlSocket(
  dataDir: string,
  operations: Operations,
): Promise<ControlServer> {
  const path = controlSocketPath(dataDir);
  rmSync(path, { force: true });
  const app = controlRoutes(operations);
  await app.listen({ path });
  chmodSync(path, 0o600);
  return {
    path,
    close: async () => {
      await app.close();
      rmSync(path, { force: true });
    },
  };
}
