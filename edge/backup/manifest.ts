/**
 * What a backup says of itself. It lies inside the backup file, so that one file is the whole backup.
 */
import { damaged, refused } from './backup-error.ts';

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

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isNumeral: Check = (value) => typeof value === 'string' && /^\d{1,19}$/.test(value);
const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const CHECKS: Readonly<Record<keyof Manifest, Check>> = {
  format: isCount,
  boxId: isText,
  epoch: isNumeral,
  commit: isNumeral,
  version: isText,
  layout: isCount,
  catalogFormat: isCount,
  label: (value) => value === null || isText(value),
  createdAt: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  contentBytes: isCount,
  contentSha256: isHash,
  packedBytes: isCount,
  packedSha256: isHash,
  tableSha256: isHash,
  rows: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every(isCount),
};

/**
 * Its checksum says that nothing has happened to it, not that one of us wrote it: every field is looked at, for
 * lists, retention and restore rely on them.
 * @throws BackupError when a newer version made it, or nobody did
 */
export function parseManifest(text: string): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text) as Manifest;
  } catch (cause) {
    throw damaged('its manifest cannot be read', cause);
  }
  if (manifest?.format > FORMAT) {
    throw refused(
      `this backup was made by a newer version (${manifest.version}, format ${manifest.format}); update helios-edge first`,
    );
  }
  for (const [field, isGood] of Object.entries(CHECKS)) {
    if (!isGood(manifest?.[field as keyof Manifest]))
      throw damaged(`its manifest has no good ${field}`);
  }
  return manifest;
}

export function makeManifest(fields: Omit<Manifest, 'format'>): Manifest {
  return { format: FORMAT, ...fields };
}
