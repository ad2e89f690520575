/**
 * The same bytes to the box and to PostgreSQL 15: the same messages back, with the same tags, SQLSTATEs,
 * texts and order. PostgreSQL's side is recorded in `postgres-15.trace`; with HELIOS_PG_URL it is asked again,
 * and with HELIOS_RECORD=1 besides it is recorded anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Box, openBox } from '../support/box.ts';
import { traceOf } from '../support/trace.ts';
import { WireClient, type WireTarget } from '../support/wire-client.ts';
import { SCRIPTS, type Script } from './scripts.ts';

const RECORD = new URL('./postgres-15.trace', import.meta.url);
const REFERENCE = process.env['HELIOS_PG_URL'];

const SET_UP = [
  'CREATE TABLE item (id int PRIMARY KEY, name text)',
  "INSERT INTO item VALUES (1, 'one'), (2, 'two'), (3, 'three')",
];

async function converse(target: WireTarget, script: Script): Promise<string[]> {
  const client = await WireClient.connect(target);
  const lines: string[] = [];
  for (const step of script.steps) {
    lines.push('--');
    const ends = step.filter((bytes) => bytes[0] === 0x51 || bytes[0] === 0x53).length;
    client.write(...step);
    // A simple query inside a failed pipeline is skipped: the last Sync ends the step.
    for (let seen = 0; seen < ends; ) {
      const message = await client.next();
      if (message === null) break;
      lines.push(traceOf(message));
      if (message.kind === 'ready') seen++;
      if (message.kind === 'ready' && script.title === SKIPS_A_QUERY) break;
    }
  }
  client.end();
  return lines;
}

const SKIPS_A_QUERY = 'an error skips to Sync';

function recorded(): ReadonlyMap<string, readonly string[]> {
  const scripts = new Map<string, string[]>();
  if (!existsSync(RECORD)) return scripts;
  let lines: string[] = [];
  for (const line of readFileSync(RECORD, 'utf8').split('\n')) {
    if (line.startsWith('## ')) {
      lines = [];
      scripts.set(line.slice(3), lines);
    } else if (line !== '') lines.push(line);
  }
  return scripts;
}

const expected = recorded();

describe('session answers as PostgreSQL 15', () => {
  let box: Box;

  beforeAll(async () => {
    box = await openBox();
    await box.define(...SET_UP);
  });

  afterAll(() => box[Symbol.asyncDispose]());

  test.each(SCRIPTS.map((script) => [script.title, script] as const))(
    'session: %s',
    async (title, script) => {
      expect(await converse(box.target('admin'), script)).toEqual(expected.get(title));
    },
  );
});

describe.skipIf(REFERENCE === undefined)('the record is PostgreSQL 15', () => {
  test('PostgreSQL still says what is recorded', { timeout: 60_000 }, async () => {
    const url = new URL(REFERENCE ?? '');
    const server = { host: url.hostname, port: Number(url.port), user: url.username };
    const database = `session_${process.pid}_${Date.now()}`;
    const keeper = await WireClient.connect({ ...server, database: 'postgres' });
    await keeper.rows(`CREATE DATABASE ${database}`);
    try {
      const owner = await WireClient.connect({ ...server, database });
      for (const text of SET_UP) await owner.rows(text);
      owner.end();
      const said: [string, string[]][] = [];
      for (const script of SCRIPTS) {
        said.push([script.title, await converse({ ...server, database }, script)]);
      }
      if (process.env['HELIOS_RECORD'] === '1') {
        const text = said.map(([title, lines]) => `## ${title}\n${lines.join('\n')}\n`).join('\n');
        writeFileSync(RECORD, text);
      } else {
        for (const [title, lines] of said) expect(lines, title).toEqual(expected.get(title));
      }
    } finally {
      await keeper.rows(`DROP DATABASE ${database} WITH (FORCE)`);
      keeper.end();
    }
  });
});
