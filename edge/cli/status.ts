/** `helios-edge status` and `helios-edge sync …`: what a running box says of itself. */
import { setTimeout as pause } from 'node:timers/promises';
import { askBox } from '../admin/control-client.ts';
import {
  type BoxStatus,
  OperationError,
  type RejectedRow,
  type SyncStatus,
} from '../admin/operations.ts';
import { boxConfig } from './box-config.ts';
import { COMMON_OPTIONS, type Command, parseWords, report, table, UsageError } from './command.ts';

const POLL_MS = 100;
const MIB = 1024 * 1024;

const status: Command = {
  name: 'status',
  usage: '[--wait SECONDS]',
  summary: 'show the state of the running box; --wait waits until it is ready',
  run: async (args) => {
    const { values } = parseWords(args, { ...COMMON_OPTIONS, wait: { type: 'string' } });
    const seconds = values.wait === undefined ? 0 : Number(values.wait);
    if (!(seconds >= 0)) throw new UsageError('--wait takes a number of seconds');
    const answer = await waitForStatus(boxConfig(values).dataDir, seconds);
    report(values.json === true, answer, () => statusLines(answer));
    return answer.ready ? 0 : 1;
  },
};

/** Asks until the box is ready or the time is over; then the last answer, or its last refusal. */
async function waitForStatus(dataDir: string, seconds: number): Promise<BoxStatus> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    try {
      const answer = (await askBox(dataDir, 'GET', '/status')) as BoxStatus;
      if (answer.ready || performance.now() >= end) return answer;
    } catch (error) {
      if (!(error instanceof OperationError) || performance.now() >= end) throw error;
    }
    await pause(POLL_MS);
  }
}

function statusLines(box: BoxStatus): readonly string[] {
  return table([
    ['box', box.boxId],
    ['version', box.version],
    ['state', box.ready ? 'ready' : 'starting'],
    ['listening', box.listen],
    ['up', `${Math.round(box.uptimeSeconds)} s, process ${box.pid}`],
    ['connections', String(box.connections)],
    ['merchants', String(box.merchants)],
    ['commits', `${box.lastCommit}, durable ${box.durableCommit}`],
    [
      'database',
      `${(box.databaseBytes / MIB).toFixed(1)} MiB, WAL ${(box.walBytes / MIB).toFixed(1)} MiB`,
    ],
    ['memory', `${(box.residentBytes / MIB).toFixed(0)} MiB resident`],
    ...syncRows(box.sync),
  ]);
}

function syncRows(sync: SyncStatus): readonly (readonly string[])[] {
  if (!sync.enabled) return [['sync', 'off']];
  const oldest = sync.oldestUnsyncedSeconds;
  return [
    ['sync', sync.paused ? 'paused' : `link ${sync.link}`],
    [
      'unsynced',
      `${sync.unsyncedRows} rows${oldest === null ? '' : `, oldest ${Math.round(oldest)} s`}`,
    ],
    ['rejected', String(sync.rejectedRows)],
    ['sent', `${sync.rowsSent} rows since start`],
    ['last success', sync.lastSuccess ?? 'never'],
    ['last error', sync.lastError ?? 'none'],
  ];
}

function syncCommand(word: string, method: 'GET' | 'POST', path: string, summary: string): Command {
  return {
    name: `sync ${word}`,
    usage: '',
    summary,
    run: async (args) => {
      const { values } = parseWords(args, COMMON_OPTIONS);
      const answer = (await askBox(boxConfig(values).dataDir, method, path)) as SyncStatus;
      report(values.json === true, answer, () => table(syncRows(answer)));
      return 0;
    },
  };
}

const rejected: Command = {
  name: 'sync rejected',
  usage: '',
  summary: 'list the rows that the cloud refused, with its reasons',
  run: async (args) => {
    const { values } = parseWords(args, COMMON_OPTIONS);
    const answer = (await askBox(
      boxConfig(values).dataDir,
      'GET',
      '/sync/rejected',
    )) as readonly RejectedRow[];
    report(values.json === true, answer, () =>
      table([
        ['ID', 'TABLE', 'MERCHANT', 'SINCE', 'REASON'],
        ...answer.map((row) => [
          String(row.id),
          row.table,
          row.merchant ?? '',
          row.since,
          row.reason,
        ]),
      ]),
    );
    return 0;
  },
};

const retry: Command = {
  name: 'sync retry',
  usage: '[ID]',
  summary: 'send rejected rows again: one, or all',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const id = positionals[0] === undefined ? null : rowId(positionals[0]);
    const answer = await askBox(boxConfig(values).dataDir, 'POST', '/sync/retry', { id });
    report(values.json === true, answer, () => [
      `${(answer as { rows: number }).rows} rows are tried again`,
    ]);
    return 0;
  },
};

const discard: Command = {
  name: 'sync discard',
  usage: 'ID',
  summary: 'give a rejected row up for good',
  run: async (args) => {
    const { values, positionals } = parseWords(args, COMMON_OPTIONS);
    const id = rowId(positionals[0] ?? '');
    const answer = await askBox(boxConfig(values).dataDir, 'POST', '/sync/discard', { id });
    report(values.json === true, answer, () => [`row ${id} will not reach the cloud`]);
    return 0;
  },
};

function rowId(text: string): number {
  if (!/^\d+$/.test(text))
    throw new UsageError('the ID of a rejected row is a number: see "sync rejected"');
  return Number(text);
}

export const statusCommands: readonly Command[] = [
  status,
  syncCommand('status', 'GET', '/sync', 'show what waits for the cloud'),
  syncCommand('now', 'POST', '/sync/now', 'send what waits, now'),
  syncCommand('pause', 'POST', '/sync/pause', 'stop sending until resumed'),
  syncCommand('resume', 'POST', '/sync/resume', 'send again'),
  rejected,
  retry,
  discard,
];
