/**
 * What a backup says of itself. It lies inside the backup file, so that one file is the whole backup.
 */
import { refused } from './backup-error.ts';

/** Raised when a backup can no longer be read by what came before. */
const FORMAT = 1;

export interface Manifest {
  readonly format: number;
  /** UUID of the box, and the epoch that it was in. */
  readonly boxId: string;
  readonly epoch: string;
  /** The last commit in it. */
  readonly commit: string;
  /** Version of helios-edge that made it, and of the stored layout and catalog. */
  readonly version: string;
  readonly layout: number;
  readonly catalogFormat: number;
  readonly label: string | null;
  /** ISO 8601, by the box's clock. */
  readonly createdAt: string;
  readonly contentBytes: number;
  readonly contentSha256: string;
  readonly packedBytes: number;
  readonly packedSha256: string;
  readonly tableSha256: string;
  /** Rows of each table of the file, by the name it is stored under. */
  readonly rows: Readonly<Record<string, number>>;
}

/** @throws BackupError when a newer version made it; its text is trusted, for a checksum covers it */
export function parseManifest(text: string): Manifest {
  const manifest = JSON.parse(text) as Manifest;
  if (manifest.format > FORMAT) {
    throw refused(
      `this backup was made by a newer version (${manifest.version}, format ${manifest.format}); update helios-edge first`,
    );
  }
  return manifest;
}

export function makeManifest(fields: Omit<Manifest, 'format'>): Manifest {
  return { format: FORMAT, ...fields };
}
