/**
 * What the box's files say, to the box itself and to `doctor` when no box runs: who may read them, how old the
 * newest backup is, until when the certificate is good, what became of the last update. It opens no database and
 * changes nothing; what cannot be read is null.
 */
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { BACKUP_SUFFIX } from '../backup/backup-directory.ts';
import { backupSettings } from '../backup/backup-settings.ts';
import type { Config } from '../config.ts';

export interface FileFact {
  readonly path: string;
  readonly mode: number;
  readonly userId: number;
  readonly bytes: number;
}

export interface BoxFiles {
  readonly dataDir: string;
  /** null: there is none. */
  readonly directory: FileFact | null;
  readonly adminKey: FileFact | null;
  readonly database: FileFact | null;
  readonly wal: FileFact | null;
  readonly certificate: CertificateFact | null;
  /** Milliseconds since 1970. */
  readonly newestBackupMs: number | null;
  readonly update: UpdateFact | null;
}

export interface CertificateFact {
  readonly path: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** SHA-256, as a person compares it. */
  readonly fingerprint: string;
}

export interface UpdateFact {
  readonly phase: string;
  readonly version: string;
  readonly from: string;
  readonly reason: string | null;
}

const MODE_BITS = 0o777;
const UPDATE_STATUS = 'update/status.json';

/** Reads everything once. Never throws. */
export function readBoxFiles(config: Config): BoxFiles {
  const { dataDir } = config;
  const database = config['database.path'];
  const certificate = config['proxy.tls.cert_file'] || join(dataDir, 'server.crt');
  return {
    dataDir,
    directory: fileFact(dataDir),
    adminKey: fileFact(join(dataDir, 'admin.key')),
    database: fileFact(database),
    wal: fileFact(`${database}-wal`),
    certificate: readCertificate(certificate),
    newestBackupMs: newestBackup(backupSettings(config).directory),
    update: readUpdate(join(dataDir, UPDATE_STATUS)),
  };
}

function statOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function fileFact(path: string): FileFact | null {
  const stat = statOf(path);
  if (stat === null) return null;
  return { path, mode: stat.mode & MODE_BITS, userId: stat.uid, bytes: stat.size };
}

function readCertificate(path: string): CertificateFact | null {
  try {
    const certificate = new X509Certificate(readFileSync(path));
    return {
      path,
      notBeforeMs: Date.parse(certificate.validFrom),
      notAfterMs: Date.parse(certificate.validTo),
      fingerprint: certificate.fingerprint256,
    };
  } catch {
    return null;
  }
}

/** Time of the newest finished backup in a directory. */
export function newestBackup(directory: string): number | null {
  let newest: number | null = null;
  try {
    for (const name of readdirSync(directory)) {
      // Unfinished ones have another ending, or begin with a dot.
      if (!name.endsWith(BACKUP_SUFFIX) || name.startsWith('.')) continue;
      const stat = statOf(join(directory, name));
      if (stat !== null && (newest === null || stat.mtimeMs > newest)) newest = stat.mtimeMs;
    }
  } catch {
    return null;
  }
  return newest;
}

function readUpdate(path: string): UpdateFact | null {
  try {
    const { last } = JSON.parse(readFileSync(path, 'utf8')) as {
      last?: Partial<UpdateFact> | null;
    };
    if (last === undefined || last === null) return null;
    const { phase, version, from, reason } = last;
    return {
      phase: String(phase),
      version: String(version),
      from: String(from),
      reason: typeof reason === 'string' ? reason : null,
    };
  } catch {
    return null;
  }
}
