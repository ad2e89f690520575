/**
 * The image, built from this checkout and switched on: it comes up by itself, sells to a terminal on the
 * LAN, is closed to everything else, and keeps its data when the plug is pulled.
 */
import { execFile } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MerchantWithKey } from '../../edge/admin/operations.ts';
import { BRIEF_SCHEMA } from '../../edge/demo/schema.ts';
import { type BuiltImage, builtImage } from './built-image.ts';
import { checkService } from './service-checks.ts';
import { Vm } from './vm.ts';

const BUILD_MS_MAX = 900_000;
const BOOT_MS_MAX = 900_000;
const CHECKS_MS_MAX = 900_000;
const COMMAND_MS_MAX = 120_000;

let image: BuiltImage;
let vm: Vm;

beforeAll(() => {
  image = builtImage('x64');
}, BUILD_MS_MAX);

beforeAll(async () => {
  vm = await Vm.start({ arch: 'x64', image: image.disk, forward: [9090] });
  const seconds = await vm.waitReady();
  say(`first boot: ready after ${seconds.toFixed(0)} s`);
}, BOOT_MS_MAX);

afterAll(async () => {
  await vm?.[Symbol.asyncDispose]();
}, COMMAND_MS_MAX);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** psql of this machine as a terminal on the LAN. */
async function psql(user: string, password: string, ...statements: string[]): Promise<string> {
  const address = `host=127.0.0.1 port=${vm.port} user=${user} dbname=pos sslmode=require`;
  const commands = statements.flatMap((statement) => ['-c', statement]);
  const { stdout } = await promisify(execFile)('psql', ['-XAtq', address, ...commands], {
    env: { ...process.env, PGPASSWORD: password, PGCONNECT_TIMEOUT: '60' },
  });
  return stdout.trim();
}

/** Statements of the administrator, on the box. */
function sql(...statements: string[]): Promise<string> {
  return vm.output(`helios-edge sql - <<'END'\n${statements.join(';\n')}\nEND`);
}

describe('the image', () => {
  test('has a manifest that is signed with the key on the box', async () => {
    const pem = await vm.output(
      `cat /usr/share/helios-edge/update-keys/${image.manifest.signingKey}.pub`,
    );
    const folder = dirname(image.disk);
    const text = readFileSync(join(folder, 'manifest.json'));
    const signature = readFileSync(join(folder, 'manifest.json.sig'), 'utf8');
    const isGenuine = verify(null, text, createPublicKey(pem), Buffer.from(signature, 'base64'));
    expect(isGenuine).toBe(true);
    const packages = await vm.output('cat /usr/share/helios-edge/packages.json');
    expect(JSON.parse(packages)).toEqual(
      image.manifest.packages.map(({ name, version }) => ({ name, version })),
    );
  });
});

describe('a booted box', () => {
  test(
    'sells to psql over TLS',
    async () => {
      const answer = await vm.output('helios-edge merchant add anna --name Anna --json');
      const { key } = JSON.parse(answer.slice(answer.indexOf('{'))) as MerchantWithKey;
      await sql(...BRIEF_SCHEMA);
      // The administrator comes in from the box itself only.
      await expect(psql('admin', await vm.adminKey(), 'SELECT 1')).rejects.toThrow(
        /no pg_hba.conf entry/,
      );
      const sale = `INSERT INTO transactions (terminal_id, amount, payment_method, items)
        VALUES ('till-1', 12.30, 'cash', '[]') RETURNING amount`;
      expect(await psql('anna', key, sale)).toBe('12.30');
      expect(await psql('anna', key, 'SELECT sum(amount), count(*) FROM transactions')).toBe(
        '12.30|1',
      );
    },
    COMMAND_MS_MAX,
  );

  test('refuses a terminal that does not encrypt', async () => {
    const address = `host=127.0.0.1 port=${vm.port} user=anna dbname=pos sslmode=disable`;
    const attempt = promisify(execFile)('psql', ['-XAtq', address, '-c', 'SELECT 1'], {
      env: { ...process.env, PGPASSWORD: 'any' },
    });
    await expect(attempt).rejects.toThrow(/TLS|encrypt|SSL/i);
  });

  test('has no unit that failed', async () => {
    expect(await vm.output('systemctl --failed --no-legend --plain')).toBe('');
  });

  test('runs from a read-only system', async () => {
    expect(await vm.output('findmnt -n -o FSTYPE,OPTIONS /')).toMatch(/^erofs +ro,/);
    for (const path of ['/usr/bin/x', '/etc/x', '/x', '/boot/x']) {
      expect((await vm.run(`touch ${path}`)).code, path).not.toBe(0);
    }
    expect(await vm.output('cat /usr/lib/os-release')).toContain(
      `IMAGE_ID=helios-edge\nIMAGE_VERSION=${image.manifest.version}\n`,
    );
  });

  test('has made the other system partition, and a data partition of all the rest', async () => {
    const table = await vm.output('lsblk -b -n -l -o PARTLABEL,SIZE,FSTYPE,MOUNTPOINT /dev/vda');
    const label = `helios_${image.manifest.version}`;
    expect(table).toMatch(/^esp +268435456 vfat/m);
    expect(table).toMatch(new RegExp(`^${label} +536870912 erofs +/$`, 'm'));
    expect(table).toMatch(/^_empty +536870912 *$/m);
    const data = /^data +(\d+) ext4 +\/var$/m.exec(table);
    expect(Number(data?.[1])).toBeGreaterThan(6.5 * 2 ** 30);
    const { output } = await vm.run('df -B1 --output=size /var | tail -1');
    expect(Number(output)).toBeGreaterThan(6 * 2 ** 30);
  });

  test('lets nobody log in', async () => {
    const shadow = (await vm.output('cat /etc/shadow')).trim().split('\n');
    expect(shadow.filter((line) => !/^[^:]+:!\*?:/.test(line))).toEqual([]);
    expect((await vm.run('command -v sshd login agetty-user su-login')).output).toBe('');
    const units = await vm.output(
      'systemctl list-units --all --no-legend --plain "*getty*.service"',
    );
    expect(units).not.toMatch(/\bactive\b/);
  });

  test('answers on its own ports only', async () => {
    const rules = await vm.output('nft list ruleset');
    expect(rules).toMatch(/hook input priority filter; policy drop;/);
    expect(rules).toContain('tcp dport { 5432, 8080 } accept');
    // Metrics are served inside, and closed to the LAN.
    const figures = await vm.output('wget -q -O - http://127.0.0.1:9090/metrics');
    expect(figures).toContain('heliosproxy_backend_connections_active');
    expect(await isAnswered(vm.portOf(9090))).toBe(false);
    expect(await isAnswered(vm.adminPort)).toBe(true);
  });

  test('keeps a small journal on the data partition', async () => {
    const id = (await vm.output('cat /etc/machine-id')).trim();
    expect((await vm.run(`ls /var/log/journal/${id}/system.journal`)).code).toBe(0);
    const settings = await vm.output('systemd-analyze cat-config systemd/journald.conf');
    expect(settings).toMatch(/^Storage=persistent$/m);
    expect(settings).toMatch(/^SystemMaxUse=64M$/m);
  });

  test('keeps time, swaps to compressed memory and feeds a hardware watchdog', async () => {
    expect(await vm.output('systemctl is-active systemd-timesyncd')).toBe('active\n');
    expect(await vm.output('swapon --show=NAME --noheadings')).toBe('/dev/zram0\n');
    expect(await vm.output('systemctl show -p RuntimeWatchdogUSec --value')).toBe('30s\n');
    expect(await vm.output('cat /sys/class/watchdog/watchdog0/state')).toBe('active\n');
  });

  test('is called helios-XXXX, also by mDNS', async () => {
    const id = (await vm.output('cat /etc/machine-id')).trim();
    expect(await vm.output('cat /proc/sys/kernel/hostname')).toBe(`helios-${id.slice(0, 4)}\n`);
    expect(await vm.output('resolvectl mdns')).toMatch(/\(enp\w+\): yes/);
    const journal = await vm.output('journalctl -b -u systemd-resolved -o cat --no-pager');
    expect(journal).toContain(`Using system hostname 'helios-${id.slice(0, 4)}'`);
  });

  test(
    'accepts its own system once it has seen it work',
    async () => {
      const accepted = `helios_${image.manifest.version}.efi`;
      await expect
        .poll(() => vm.run('ls /efi/EFI/Linux').then(({ output }) => output.trim()), {
          timeout: COMMAND_MS_MAX,
          interval: 1000,
        })
        .toBe(accepted);
    },
    2 * COMMAND_MS_MAX,
  );

  test(
    'is served as the unit promises',
    async () => {
      const figures = await checkService(vm, { host: '127.0.0.1', port: vm.port });
      say(`service: ${JSON.stringify(figures)}`);
    },
    CHECKS_MS_MAX,
  );

  test(
    'is the same box with the same sales after its plug was pulled',
    async () => {
      const identity = 'cat /etc/machine-id /var/lib/heliosdb/admin.key';
      const before = await vm.output(identity);
      await vm.kill();
      vm.restart();
      const seconds = await vm.waitReady();
      say(`second boot: ready after ${seconds.toFixed(0)} s`);
      expect(await vm.output(identity)).toBe(before);
      expect(await sql('SELECT sum(amount) FROM transactions')).toBe('sum\n12.30\n');
      expect(await vm.output('systemctl --failed --no-legend --plain')).toBe('');
      const begun = performance.now();
      await vm.powerOff();
      say(`switched off in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    },
    BOOT_MS_MAX,
  );
});

/** QEMU accepts for the guest: whether something there speaks is seen by what follows. */
function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(8000, () => end(false));
    socket.on('connect', () => socket.write('GET /ready HTTP/1.0\r\n\r\n'));
    socket.on('data', () => end(true));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}
