/**
 * A PostgreSQL cluster of the tests' own: the reference that conformance compares with. Loopback only,
 * in a directory that is removed afterwards; never the machine's own cluster.
 */
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ReferencePostgres {
  /** postgres:// address of the superuser's database. */
  readonly url: string;
  stop(): void;
}

/** Starts a fresh cluster, or returns null with a reason on standard error when Debian's package is absent. */
export async function startReferencePostgres(): Promise<ReferencePostgres | null> {
  const bin = findBinaries();
  if (bin === null) {
    process.stderr.write(
      'reference: no PostgreSQL server is installed; its comparisons are skipped\n',
    );
    return null;
  }
  const directory = mkdtempSync(join(tmpdir(), 'helios-reference-'));
  const account = process.getuid?.() === 0 ? serverAccount() : null;
  if (account !== null) chownSync(directory, account.uid, account.gid);
  const run = (program: string, ...args: string[]): void => {
    execFileSync(join(bin, program), args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      cwd: directory,
      ...account,
    });
  };
  const data = join(directory, 'data');
  const port = await freePort();
  run('initdb', '-D', data, '--locale=C.UTF-8', '-A', 'trust', '-U', 'postgres');
  const options = `-p ${port} -c max_connections=200 -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory}`;
  run('pg_ctl', '-D', data, '-o', options, '-l', join(directory, 'log'), '-w', 'start');
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: () => {
      run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root: use the account that Debian's package made. */
function serverAccount(): { uid: number; gid: number } {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function findBinaries(): string | null {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return null;
  const version = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0];
  const bin = version === undefined ? '' : join(root, version, 'bin');
  return existsSync(join(bin, 'postgres')) ? bin : null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}
