import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { AdminRig } from './admin-rig.ts';

const MONITORING = join(import.meta.dirname, '../../monitoring');

let rig: AdminRig;
let text: string;

/** `name{labels} value` lines as a map. */
function samples(from: string): ReadonlyMap<string, number> {
  const lines = from.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

async function scrape(from: AdminRig): Promise<string> {
  const answer = await request(`http://${from.metrics}/metrics`);
  expect(answer.statusCode).toBe(200);
  return answer.body.text();
}

beforeAll(async () => {
  rig = await AdminRig.open();
  const added = await rig.post('/merchants', { id: 'canarymerchant', name: 'Canary' });
  const admin = await rig.login('admin', rig.key);
  await admin.rows('CREATE TABLE canarytable (id integer PRIMARY KEY, merchant_id text NOT NULL)');
  const till = await rig.login('canarymerchant/canarytill', (added.json as { key: string }).key);
  for (let id = 1; id <= 5; id++) await till.rows(`INSERT INTO canarytable (id) VALUES (${id})`);
  await till.rows('SELECT * FROM canarytable');
  expect(await till.sqlstate('INSERT INTO canarytable (id) VALUES (1)')).toBe('23505');
  expect(await till.sqlstate('SELEKT 1')).toBe('42601');
  await expect(rig.login('canarymerchant', 'wrong')).rejects.toThrow();
  text = await scrape(rig);
  till.end();
  admin.end();
});
afterAll(() => rig[Symbol.asyncDispose]());

describe('the figures', () => {
  test('count what has happened', () => {
    const found = samples(text);
    const expected: Readonly<Record<string, number>> = {
      'helios_statements_total{kind="insert",outcome="ok"}': 5,
      'helios_statements_total{kind="insert",outcome="23"}': 1,
      'helios_statements_total{kind="unparsed",outcome="42"}': 1,
      'helios_statements_total{kind="select",outcome="ok"}': 1,
      'helios_statement_duration_seconds_count{kind="insert"}': 6,
      'helios_logins_total{result="accepted"}': 2,
      'helios_logins_total{result="refused"}': 1,
      'helios_connections{kind="merchant"}': 1,
      helios_merchants: 1,
      helios_rows_written_total: 5,
      helios_ready: 1,
      helios_sync_enabled: 0,
    };
    for (const [name, value] of Object.entries(expected)) expect(found.get(name), name).toBe(value);
    expect(found.get('helios_commits_total')).toBeGreaterThanOrEqual(6);
    expect(found.get('helios_fdatasync_duration_seconds_count')).toBeGreaterThan(0);
    expect(found.get('helios_plan_lookups_total{result="made"}')).toBeGreaterThan(0);
    expect(found.get('helios_wal_bytes')).toBeGreaterThan(0);
  });

  test('bear the names of the brief, and time the confinement of each statement of a merchant', () => {
    const found = samples(text);
    expect(found.get('heliosproxy_rls_injection_duration_ms_count')).toBe(7);
    expect(found.get('heliosproxy_rls_injection_duration_ms_sum')).toBeGreaterThan(0);
    expect(found.get('heliosproxy_rls_injection_duration_ms_bucket{le="+Inf"}')).toBe(7);
    expect(found.get('heliosproxy_backend_connections_active')).toBeGreaterThanOrEqual(2);
    expect(text).not.toContain('session_migration');
  });

  test('have buckets that add up', () => {
    const found = samples(text);
    let before = 0;
    for (const [name, value] of found) {
      if (!name.startsWith('helios_fdatasync_duration_seconds_bucket')) continue;
      expect(value).toBeGreaterThanOrEqual(before);
      before = value;
    }
    expect(before).toBe(found.get('helios_fdatasync_duration_seconds_count'));
  });

  test('name no merchant, no table, no terminal, no address', () => {
    expect(text).not.toMatch(/canary|127\.0\.0\.1/i);
    const labels = [...text.matchAll(/(\w+)="/g)].map(([, label]) => label);
    const known = [
      'version',
      'commit',
      'kind',
      'result',
      'outcome',
      'le',
      'type',
      'space',
      'major',
      'minor',
      'patch',
    ];
    expect([...new Set(labels)].filter((label) => !known.includes(label ?? ''))).toEqual([]);
  });

  test('are few, whatever is sent', async () => {
    const admin = await rig.login('admin', rig.key);
    for (let count = 0; count < 200; count++)
      await admin.sqlstate(`SELECT ${'x'.repeat(count)} FROM nothing`);
    admin.end();
    expect(samples(await scrape(rig)).size).toBeLessThan(samples(text).size + 20);
  });

  test('are served at one path only', async () => {
    for (const path of ['/', '/status', '/metrics/x']) {
      const answer = await request(`http://${rig.metrics}${path}`);
      await answer.body.dump();
      expect(answer.statusCode).toBe(404);
    }
  });

  test('are not served where they are switched off', async () => {
    await using silent = await AdminRig.open(['monitoring.metrics_enabled=false']);
    expect((await silent.box.operations.status()).metrics).toBeNull();
  });

  test('leave the box selling when their port is taken', async () => {
    const taken = rig.metrics?.split(':')[1] ?? '';
    await using box = await AdminRig.open([`monitoring.prometheus_port=${taken}`]);
    expect(box.metrics).toBeNull();
    (await box.login('admin', box.key)).end();
  });
});

/** Names of figures in a PromQL expression: what is not a function, a keyword or a label. */
function namesIn(expression: string): readonly string[] {
  const bare = expression.replace(/\{[^}]*\}/g, '').replace(/\b(by|without|on)\s*\([^)]*\)/g, '');
  return [...bare.matchAll(/\b((?:helios|heliosproxy|process|nodejs)_\w+)/g)].map(
    ([, name]) => name ?? '',
  );
}

function missing(expressions: readonly string[]): readonly string[] {
  const declared = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''));
  const names = expressions.flatMap(namesIn);
  expect(names.length).toBeGreaterThanOrEqual(expressions.length);
  return names.filter(
    (name) => !declared.has(name) && !declared.has(name.replace(/_(bucket|sum|count)$/, '')),
  );
}

describe('monitoring', () => {
  test('draws only figures that there are', () => {
    const dashboard = JSON.parse(
      readFileSync(join(MONITORING, 'grafana-dashboard.json'), 'utf8'),
    ) as {
      readonly panels: readonly {
        readonly type: string;
        readonly targets?: readonly { readonly expr: string }[];
      }[];
    };
    const expressions = dashboard.panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr),
    );
    expect(expressions.length).toBeGreaterThan(15);
    expect(missing(expressions)).toEqual([]);
  });

  test('alerts only by figures that there are', () => {
    const rules = parseYaml(readFileSync(join(MONITORING, 'alert-rules.yml'), 'utf8')) as {
      readonly groups: readonly {
        readonly rules: readonly {
          readonly alert: string;
          readonly expr: string;
          readonly annotations: { readonly summary: string; readonly description: string };
        }[];
      }[];
    };
    const all = rules.groups.flatMap((group) => group.rules);
    expect(all.length).toBeGreaterThan(8);
    expect(missing(all.map(({ expr }) => expr).filter((expr) => !expr.startsWith('up')))).toEqual(
      [],
    );
    for (const { alert, annotations } of all) {
      expect(annotations.summary.length, alert).toBeGreaterThan(10);
      expect(annotations.description.length, alert).toBeGreaterThan(20);
    }
  });

  test('scrapes the port that the box has', () => {
    const config = parseYaml(readFileSync(join(MONITORING, 'prometheus.yml'), 'utf8')) as {
      readonly rule_files: readonly string[];
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    expect(config.rule_files).toEqual(['alert-rules.yml']);
    expect(config.scrape_configs[0]?.static_configs[0]?.targets[0]).toMatch(/:9090$/);
  });
});
