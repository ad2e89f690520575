/**
 * What `doctor` says: facts turned into sentences for whoever stands in the shop, each with what it means and
 * what to do. Pure: the same facts give the same words, whether the box runs or not.
 */
import { bytesText, type DeviceHealth, type Health } from '../device/device-health.ts';
import { LIMITS } from '../limits.ts';
import type { BoxFiles, CertificateFact, UpdateFact } from './box-files.ts';
import type { Finding, SyncStatus } from './operations.ts';

/** What only a running box knows. */
export interface RunningFacts {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly terminals: number;
  readonly terminalsMax: number;
  readonly merchants: number;
  readonly walBytes: number;
  readonly residentBytes: number;
  readonly memoryLimitBytes: number;
  readonly loginsRefused: number;
  readonly uptimeSeconds: number;
  readonly sync: SyncStatus;
}

const SECOND_MS = 1_000;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * SECOND_MS;
const OTHERS = 0o077;
const SHARE_WARN = 0.9;
/** The process beside SQLite's heap: Node, the grammar, buffers of many terminals. */
const RESIDENT_BESIDE_BYTES = 512 * 1024 * 1024;
const REFUSED_PER_HOUR_WARN = 30;
const ORDER: Readonly<Record<Health, number>> = { fail: 0, warn: 1, ok: 2 };

/** The worst first; among equals, as they were found. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((left, right) => ORDER[left.state] - ORDER[right.state]);
}

function fine(id: string, title: string, meaning: string): Finding {
  return { id, state: 'ok', title, meaning, mend: '' };
}

/** What the files say. @param nowMs wall clock, milliseconds since 1970 */
export function judgeFiles(files: BoxFiles, nowMs: number): readonly Finding[] {
  return [
    judgeDirectory(files),
    judgeAdminKey(files),
    judgeCertificate(files.certificate, nowMs),
    judgeBackup(files, nowMs),
    ...judgeUpdate(files.update),
  ];
}

function judgeDirectory({ dataDir, directory }: BoxFiles): Finding {
  const id = 'data-directory';
  if (directory === null) {
    return {
      id,
      state: 'fail',
      title: `There is no data directory ${dataDir}`,
      meaning: 'No box has run here yet, or its disk is not mounted.',
      mend: 'Name the right directory with --data-dir, or see that the data partition is mounted.',
    };
  }
  if ((directory.mode & OTHERS & 0o022) !== 0) {
    return {
      id,
      state: 'warn',
      title: 'Other users of this machine may write to the data directory',
      meaning: 'Any program on this machine could damage the sales.',
      mend: `chmod 700 ${dataDir}`,
    };
  }
  return fine(id, 'The data directory is in order', `It is ${dataDir}.`);
}

function judgeAdminKey({ dataDir, adminKey, directory }: BoxFiles): Finding {
  const id = 'admin-key';
  if (adminKey === null) {
    return directory === null
      ? fine(id, 'No admin key yet', 'The box makes one at its first start.')
      : {
          id,
          state: 'warn',
          title: 'The admin key cannot be found',
          meaning: 'Nobody can administer the box until it has started once more.',
          mend: 'Restart the box: it makes a new key. If you are not its user, run this as root.',
        };
  }
  if ((adminKey.mode & OTHERS) !== 0) {
    return {
      id,
      state: 'warn',
      title: 'Other users of this machine may read the admin key',
      meaning: 'Whoever has read it is the administrator of this box.',
      mend: `Delete ${dataDir}/admin.key and restart the box: it makes a new one, which only it can read.`,
    };
  }
  return fine(id, 'The admin key is closed to others', 'Only the box and root can read it.');
}

function judgeCertificate(certificate: CertificateFact | null, nowMs: number): Finding {
  const id = 'certificate';
  if (certificate === null) {
    return fine(id, 'No certificate yet', 'The box makes one at its first start.');
  }
  const { path, notAfterMs, notBeforeMs } = certificate;
  const until = new Date(notAfterMs).toISOString().slice(0, 10);
  if (nowMs < notBeforeMs) {
    return {
      id,
      state: 'fail',
      title: 'The certificate is not good yet',
      meaning: 'Terminals that check certificates refuse the box. Most often its clock is wrong.',
      mend: `Set the clock, or install another certificate at ${path}.`,
    };
  }
  if (nowMs >= notAfterMs) {
    return {
      id,
      state: 'fail',
      title: `The certificate was good until ${until}`,
      meaning: 'Terminals that check certificates refuse the box.',
      mend: `Install a new certificate at ${path} and restart the box.`,
    };
  }
  if (notAfterMs - nowMs < LIMITS.certificateDaysWarn * DAY_MS) {
    return {
      id,
      state: 'warn',
      title: `The certificate is good until ${until} only`,
      meaning: 'After that day terminals that check certificates refuse the box.',
      mend: `Install a new certificate at ${path} and restart the box.`,
    };
  }
  return fine(
    id,
    `The certificate is good until ${until}`,
    `Its fingerprint: ${certificate.fingerprint}`,
  );
}

function judgeBackup({ newestBackupMs, database }: BoxFiles, nowMs: number): Finding {
  const id = 'backup';
  if (newestBackupMs === null) {
    if (database === null) return fine(id, 'Nothing to back up yet', 'There is no database.');
    return {
      id,
      state: 'warn',
      title: 'There is no backup',
      meaning: 'If the disk breaks, sales that the cloud does not have are lost.',
      mend: 'Make one: helios-edge backup. Then copy it off the box.',
    };
  }
  const age = ageText((nowMs - newestBackupMs) / SECOND_MS);
  if (nowMs - newestBackupMs > LIMITS.backupDaysWarn * DAY_MS) {
    return {
      id,
      state: 'warn',
      title: `The newest backup is ${age} old`,
      meaning: 'If the disk breaks, what was sold since and is not in the cloud is lost.',
      mend: 'Make one now: helios-edge backup. See why the nightly one does not run: systemctl status helios-edge-backup.timer.',
    };
  }
  return fine(id, `The newest backup is ${age} old`, 'Backups are being made.');
}

function judgeUpdate(update: UpdateFact | null): readonly Finding[] {
  if (update === null) return [];
  const id = 'update';
  const { phase, version, from, reason } = update;
  switch (phase) {
    case 'good':
      return [fine(id, `The last update, to ${version}, is in use`, 'It passed its health check.')];
    case 'writing':
    case 'trial':
      return [
        {
          id,
          state: 'warn',
          title: `An update to ${version} is under way`,
          meaning: 'The box returns to the older version by itself if the new one does not work.',
          mend: 'Leave the box switched on.',
        },
      ];
    default:
      return [
        {
          id,
          state: 'warn',
          title: `The update to ${version} did not succeed; ${from} runs`,
          meaning: `The box works as before.${reason === null ? '' : ` What happened: ${reason}`}`,
          mend: 'Send a support bundle to whoever made the update before trying it again.',
        },
      ];
  }
}

/** What the machine says: one finding for what is not well, one for all the rest. */
export function judgeMachine(device: DeviceHealth): readonly Finding[] {
  const unwell = device.items.filter((item) => item.state !== 'ok');
  const findings = unwell.map(
    ({ id, state, title, value, explanation, mend }): Finding => ({
      id: `device-${id}`,
      state,
      title: `${title}: ${value}`,
      meaning: explanation,
      mend,
    }),
  );
  if (unwell.length > 0) return findings;
  const values = device.items.map(({ title, value }) => `${title.toLowerCase()} ${value}`);
  return [fine('device', 'The machine is well', `${values.join(', ')}.`)];
}

/** What only the running box can say. */
export function judgeRunning(facts: RunningFacts): readonly Finding[] {
  return [
    judgeReady(facts),
    judgeTerminals(facts),
    judgeRefused(facts),
    judgeLog(facts),
    judgeMemory(facts),
    ...judgeSync(facts.sync),
  ];
}

function judgeReady({ ready, reasons, uptimeSeconds }: RunningFacts): Finding {
  if (ready)
    return fine('running', 'The box is selling', `It has run for ${ageText(uptimeSeconds)}.`);
  return {
    id: 'running',
    state: 'fail',
    title: 'The box does not serve terminals',
    meaning: `Nothing can be sold: ${reasons.join('; ')}.`,
    mend: 'Wait a minute; if it stays so, restart the box, then send a support bundle.',
  };
}

function judgeTerminals({ terminals, terminalsMax, merchants }: RunningFacts): Finding {
  const id = 'terminals';
  if (merchants === 0) {
    return {
      id,
      state: 'warn',
      title: 'No merchant has been added yet',
      meaning: 'No terminal can log in.',
      mend: 'helios-edge merchant add ID --name "Name of the shop"',
    };
  }
  if (terminals >= terminalsMax * SHARE_WARN) {
    return {
      id,
      state: 'warn',
      title: `${terminals} of at most ${terminalsMax} connections are in use`,
      meaning: 'Further terminals will be refused.',
      mend: 'Raise proxy.max_client_connections, or see which program opens so many: the console lists them.',
    };
  }
  return fine(
    id,
    `${terminals} connections of at most ${terminalsMax}`,
    `${merchants} merchants are known.`,
  );
}

function judgeRefused({ loginsRefused, uptimeSeconds }: RunningFacts): Finding {
  const id = 'logins';
  const perHour = loginsRefused / Math.max(1, uptimeSeconds / HOUR_SECONDS);
  if (perHour < REFUSED_PER_HOUR_WARN) {
    return fine(id, `${loginsRefused} logins were refused since the start`, 'That is not unusual.');
  }
  return {
    id,
    state: 'warn',
    title: `${loginsRefused} logins were refused, about ${perHour.toFixed(0)} an hour`,
    meaning: 'A terminal has an old key, or somebody in the network guesses keys.',
    mend: 'The log names the addresses ("login refused"): give that terminal its merchant\'s key, or find whose device it is.',
  };
}

function judgeLog({ walBytes }: RunningFacts): Finding {
  const id = 'wal';
  if (walBytes < LIMITS.walKeptBytesMax) {
    return fine(id, 'The write-ahead log is short', `${bytesText(walBytes)} in use.`);
  }
  return {
    id,
    state: 'warn',
    title: `The write-ahead log has grown to ${bytesText(walBytes)}`,
    meaning:
      'A long report or an open snapshot keeps it from being carried back; a restart would take longer.',
    mend: 'End long reports: the console lists the terminals that are active. It shrinks by itself then.',
  };
}

function judgeMemory({ residentBytes, memoryLimitBytes }: RunningFacts): Finding {
  const id = 'memory';
  const used = bytesText(residentBytes);
  if (residentBytes < memoryLimitBytes + RESIDENT_BESIDE_BYTES) {
    return fine(id, `The box uses ${used} of memory`, 'That is within its limits.');
  }
  return {
    id,
    state: 'warn',
    title: `The box uses ${used} of memory`,
    meaning: 'More than its settings suggest: many terminals, or very large answers.',
    mend: 'Lower database.memory_limit_mb or proxy.max_client_connections, and send a support bundle.',
  };
}

function judgeSync(sync: SyncStatus): readonly Finding[] {
  if (!sync.enabled) {
    return [fine('sync', 'Nothing is sent to a cloud', 'sync.enable_remote_sync is off.')];
  }
  return [judgeLink(sync), judgeRejected(sync)];
}

function judgeLink(sync: SyncStatus): Finding {
  const { paused, link, unsyncedRows, oldestUnsyncedSeconds, lastError } = sync;
  const id = 'sync';
  const waits = `${unsyncedRows} rows wait`;
  const age = oldestUnsyncedSeconds ?? 0;
  if (paused) {
    return {
      id,
      state: 'warn',
      title: `Sending to the cloud is paused; ${waits}`,
      meaning: 'Sales go on; the cloud does not hear of them.',
      mend: 'helios-edge sync resume',
    };
  }
  const state =
    age > LIMITS.unsyncedDaysFail * DAY_SECONDS ? 'fail' : link === 'down' ? 'warn' : 'ok';
  if (state === 'ok')
    return fine(id, `The cloud is up to date but for ${unsyncedRows} rows`, `Link: ${link}.`);
  return {
    id,
    state,
    title: `The cloud is not reached; ${waits}, the oldest for ${ageText(age)}`,
    meaning: `Sales go on and nothing is lost; the cloud does not hear of them.${lastError === null ? '' : ` It says: ${lastError}`}`,
    mend: 'Check the internet connection of the shop, then sync.sync_endpoint and sync.token.',
  };
}

function judgeRejected({ rejectedRows }: SyncStatus): Finding {
  const id = 'rejected';
  if (rejectedRows === 0)
    return fine(id, 'The cloud has refused no rows', 'Nothing was set aside.');
  return {
    id,
    state: 'warn',
    title: `The cloud has refused ${rejectedRows} rows`,
    meaning: 'They are kept here and go no further until somebody decides.',
    mend: 'helios-edge sync rejected shows why; then "sync retry" or "sync discard".',
  };
}

/** As people say it: 3 days, 5 hours, 12 minutes. */
export function ageText(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [DAY_SECONDS, 'day'],
    [HOUR_SECONDS, 'hour'],
    [60, 'minute'],
  ];
  for (const [size, name] of units) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
