/**
 * The Dockerfile and compose.yaml: what they name is there, nothing runs as root, and both give the box
 * the same words and ports.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../edge/config.ts';
import { VERSION } from '../../edge/version.ts';
import { parseDockerfile, settingsOf } from '../../scripts/container/dockerfile.ts';
import { at, CONTAINER, listAt, readYaml } from './yaml-files.ts';

const stages = parseDockerfile(readFileSync(join(CONTAINER, 'Dockerfile'), 'utf8'));
const [build, final] = stages;
if (build === undefined || final === undefined) throw new Error('the Dockerfile has two stages');
const settings = settingsOf(final);
const config = makeConfig({
  toml: readFileSync(join(CONTAINER, 'config.toml'), 'utf8'),
  dataDir: '/data',
});
const KNOWN = [
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'RUN',
  'STOPSIGNAL',
  'USER',
  'VOLUME',
  'WORKDIR',
];
const PORTS = [
  Number(config['proxy.listen_addr'].split(':').at(-1)),
  config['server.admin_port'],
  config['monitoring.prometheus_port'],
];

describe('Dockerfile', () => {
  test('uses instructions that exist', () => {
    for (const stage of stages) {
      for (const { name } of stage.instructions) expect(KNOWN).toContain(name);
    }
  });

  test('copies only what is there, from a stage that is there', () => {
    for (const stage of stages) {
      for (const { name, words } of stage.instructions) {
        if (name !== 'COPY') continue;
        const from = /^--from=(\S+)/.exec(words)?.[1];
        if (from !== undefined) {
          expect(stages.map((one) => one.alias)).toContain(from);
          continue;
        }
        for (const source of words.split(' ').slice(0, -1)) {
          expect(existsSync(join(CONTAINER, '..', source)), source).toBe(true);
        }
      }
    }
  });

  test('pins its base, cleans up after apt, and pipes nothing into a shell', () => {
    expect(build.base).toMatch(/^debian:[a-z]+-slim$/);
    for (const { name, words } of build.instructions) {
      if (name !== 'RUN') continue;
      expect(words).not.toMatch(/\|\s*(sh|bash)|chmod 777|sudo|ADD /);
      if (words.includes('apt-get install')) {
        expect(words).toMatch(/--no-install-recommends.*rm -rf \/var\/lib\/apt\/lists/);
      }
    }
  });

  test('ends on an empty image with a user that is not root', () => {
    expect(final.base).toBe('scratch');
    expect(final.instructions.filter((one) => one.name === 'RUN')).toEqual([]);
    const [user, group] = settings.User.split(':').map(Number);
    expect(user).toBeGreaterThan(0);
    expect(group).toBeGreaterThan(0);
    expect(readFileSync(join(CONTAINER, 'rootfs.sh'), 'utf8')).toContain(`:${user}:${group}:`);
  });

  test('says the release, the ports that the box listens on, and where the data is', () => {
    expect(settings.Labels['org.opencontainers.image.version']).toBe(VERSION);
    expect(Object.keys(settings.ExposedPorts)).toEqual(PORTS.map((port) => `${port}/tcp`));
    expect(Object.keys(settings.Volumes)).toEqual(['/data']);
    expect(config['database.path']).toBe('/data/pos.db');
    expect(settings.Env).toContain('HELIOSDB_DATA_DIR=/data');
  });

  test('starts and checks the box without a shell', () => {
    expect(settings.Entrypoint).toEqual(['/usr/bin/helios-edge']);
    expect(settings.Cmd).toEqual(['--config', '/etc/heliosdb/config.toml', '--data-dir', '/data']);
    const { Test, Interval, Timeout } = settings.Healthcheck;
    expect(Test).toEqual(['CMD', '/usr/bin/helios-edge', 'health-check', ...settings.Cmd]);
    expect(Interval).toBeGreaterThan(Timeout);
  });

  test('has a script for its files that may be run', () => {
    expect(statSync(join(CONTAINER, 'rootfs.sh')).mode & 0o111).toBe(0o111);
  });
});

describe('compose.yaml', () => {
  const [compose] = readYaml('compose.yaml');
  const box = at(compose, 'services', 'heliosdb');

  test('builds from the Dockerfile and tags the release', () => {
    const context = join(CONTAINER, String(at(box, 'build', 'context')));
    expect(existsSync(join(context, String(at(box, 'build', 'dockerfile'))))).toBe(true);
    expect(at(box, 'image')).toBe(`helios-edge:${VERSION}`);
  });

  test('opens the terminals’ port to all and the others to this machine', () => {
    expect(at(box, 'ports')).toEqual([
      `${PORTS[0]}:${PORTS[0]}`,
      `127.0.0.1:${PORTS[1]}:${PORTS[1]}`,
      `127.0.0.1:${PORTS[2]}:${PORTS[2]}`,
    ]);
  });

  test('mounts what is there, and may do no more than it needs', () => {
    const volumes = at(box, 'volumes') as readonly string[];
    expect(volumes).toEqual(['data:/data', './config.toml:/etc/heliosdb/config.toml:ro']);
    expect(Object.keys(at(compose, 'volumes') as object)).toEqual(['data']);
    expect(existsSync(join(CONTAINER, 'config.toml'))).toBe(true);
    expect(at(box, 'read_only')).toBe(true);
    expect(at(box, 'cap_drop')).toEqual(['ALL']);
    expect(at(box, 'security_opt')).toEqual(['no-new-privileges:true']);
    expect(at(box, 'privileged')).toBeUndefined();
    expect(listAt(box, 'deploy')).toBeDefined();
    expect(at(box, 'deploy', 'replicas')).toBeUndefined();
  });
});
