/**
 * Everything that the page asks of the box, with its type; one `Resource` for each thing that is looked at,
 * one function for each thing that is done.
 */
import type { ClaimRequest } from '../../claim/claim-request.ts';
import type { UpdateStatus } from '../../update/update-record.ts';
import type {
  BackupSummary,
  BoxStatus,
  ClaimAnswer,
  ClaimStatus,
  DeviceHealth,
  Finding,
  MerchantSummary,
  MerchantWithKey,
  RejectedRow,
  SyncStatus,
  Terminal,
} from '../operations.ts';
import { session } from './link.ts';
import { ask, send } from './request.ts';
import { Resource, refreshWatched } from './resource.ts';

const OFTEN_MS = 2_000;
const NOW_AND_THEN_MS = 5_000;
const SELDOM_MS = 15_000;
/** A backup of a large shop, on a small box. */
const BACKUP_MS_MAX = 600_000;
/** Sending what waits, over a slow link. */
const SYNC_MS_MAX = 120_000;

/** The answers' shapes are the box's promise (its OpenAPI document); the page does not check them again. */
async function get<T>(path: string): Promise<T> {
  return (await ask('GET', path)) as T;
}

/** What tells that a session of an earlier visit is still good. */
async function getStatus(): Promise<BoxStatus> {
  const status = await get<BoxStatus>('/status');
  if (session.value === 'unknown') session.set('in');
  return status;
}

export const box = {
  status: new Resource(getStatus, OFTEN_MS),
  merchants: new Resource(() => get<readonly MerchantSummary[]>('/merchants'), NOW_AND_THEN_MS),
  rejected: new Resource(() => get<readonly RejectedRow[]>('/sync/rejected'), NOW_AND_THEN_MS),
  terminals: new Resource(() => get<readonly Terminal[]>('/terminals'), OFTEN_MS),
  device: new Resource(() => get<DeviceHealth>('/device'), NOW_AND_THEN_MS),
  findings: new Resource(() => get<readonly Finding[]>('/doctor'), SELDOM_MS),
  backups: new Resource(() => get<readonly BackupSummary[]>('/backups'), SELDOM_MS),
  update: new Resource(() => get<UpdateStatus>('/update'), NOW_AND_THEN_MS),
  claim: new Resource(() => get<ClaimStatus>('/claim'), SELDOM_MS),
};

/** @throws Refused 401 for a wrong key */
export async function login(key: string): Promise<void> {
  await ask('POST', '/login', { body: { key } });
  session.set('in');
  refreshWatched();
}

export async function logout(): Promise<void> {
  await ask('POST', '/logout', { body: {} });
  // Nothing that was shown stays in this page's memory.
  location.reload();
}

async function act(path: string, body: unknown = {}): Promise<void> {
  await ask('POST', path, { body });
}

function one(id: string): string {
  return `/merchants/${encodeURIComponent(id)}`;
}

export async function addMerchant(id: string, name: string): Promise<MerchantWithKey> {
  const added = await ask('POST', '/merchants', { body: { id, name } });
  void box.merchants.refresh();
  return added as MerchantWithKey;
}

export async function rotateKey(id: string): Promise<MerchantWithKey> {
  const rotated = await ask('POST', `${one(id)}/rotate-key`, { body: {} });
  void box.merchants.refresh();
  return rotated as MerchantWithKey;
}

export async function setSuspended(id: string, isSuspended: boolean): Promise<void> {
  await act(`${one(id)}/${isSuspended ? 'suspend' : 'resume'}`);
  await box.merchants.refresh();
}

export async function removeMerchant(id: string): Promise<void> {
  await ask('DELETE', one(id));
  await box.merchants.refresh();
}

export async function sync(what: 'now' | 'pause' | 'resume'): Promise<SyncStatus> {
  const wish = { body: {}, millisecondsMax: SYNC_MS_MAX };
  const status = await ask('POST', `/sync/${what}`, wish);
  await box.status.refresh();
  return status as SyncStatus;
}

export async function settleRejected(id: number, how: 'retry' | 'discard'): Promise<void> {
  await act(`/sync/rejected/${id}/${how}`);
  await Promise.all([box.rejected.refresh(), box.status.refresh()]);
}

/** Resolves when the backup is made and verified. */
export async function makeBackup(): Promise<void> {
  await ask('POST', '/backups', { body: {}, millisecondsMax: BACKUP_MS_MAX });
  await Promise.all([box.backups.refresh(), box.findings.refresh()]);
}

/** Resolves when the box has the whole bundle and found it genuine; it is installed after that. */
export async function sendUpdate(file: Blob, onProgress: (sent: number) => void): Promise<void> {
  await send('/update', file, onProgress);
  await box.update.refresh();
}

/** @param code as it stands on the box's screen */
export async function claim(code: string, request: ClaimRequest): Promise<ClaimAnswer> {
  return (await ask('POST', '/claim', { body: { code, ...request } })) as ClaimAnswer;
}
