/**
 * The system partition: Debian's packages without what a box never reads, with the image's own files,
 * the units and the program on top. All of it belongs to root and is read-only on the box.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { PackageSet } from './apt.ts';
import { hashOf, uuidOf } from './hash.ts';
import { DEFINITION, readList } from './lists.ts';
import { pruneModules } from './modules.ts';
import { type ImagePlan, labelOf, workFolder } from './plan.ts';
import { nameOf, type Tools } from './tools.ts';
import { cachedTree, run, unpack } from './tree.ts';

/** Never read on a box. Licences (usr/share/doc/*\/copyright) stay. */
const PRUNED = [
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/bug',
  'usr/share/bash-completion',
  'usr/share/zsh',
  'usr/share/initramfs-tools',
  'usr/share/polkit-1',
  'usr/share/mime',
  'usr/lib/udev/hwdb.d',
  'usr/lib/kernel',
  'usr/lib/systemd/catalog',
  'usr/lib/systemd/user',
  'usr/lib/systemd/user-generators',
  'usr/lib/systemd/ntp-units.d',
  'etc/kernel',
  'etc/motd',
  'etc/issue',
  'etc/issue.net',
  'etc/init.d',
  'etc/rc0.d',
  'etc/rc1.d',
  'etc/rc2.d',
  'etc/rc3.d',
  'etc/rc4.d',
  'etc/rc5.d',
  'etc/rc6.d',
  'etc/rcS.d',
  'etc/cron.daily',
  'etc/cron.d',
  'etc/default',
  'etc/skel',
];

/** Folders of `systemd/` that the image takes; others are for other systems. */
const UNIT_FOLDERS = ['sysusers.d', 'tmpfiles.d', 'sysctl.d', 'modules-load.d', 'udev'];

/** Directories of the system that no package brings. */
const PLACES = [
  'efi',
  'boot',
  'var/tmp',
  'proc',
  'sys',
  'dev',
  'run',
  'tmp',
  'root',
  'mnt',
  'media',
];

/** Units that would do nothing good on a read-only system without logins. */
const MASKED = [
  'getty@.service',
  'serial-getty@.service',
  'console-getty.service',
  'container-getty@.service',
  'autovt@.service',
  'ldconfig.service',
  'systemd-hwdb-update.service',
  'systemd-journal-catalog-update.service',
  'systemd-firstboot.service',
  'systemd-networkd-wait-online.service',
  'systemd-pcrphase.service',
  'systemd-pcrphase-sysinit.service',
  'systemd-pcrmachine.service',
  'systemd-update-done.service',
  'proc-sys-fs-binfmt_misc.automount',
  // Places and modules that nothing on the box uses: each would cost a process at every start.
  'dev-hugepages.mount',
  'sys-fs-fuse-connections.mount',
  'sys-kernel-config.mount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'modprobe@configfs.service',
  'modprobe@dm_mod.service',
  'modprobe@drm.service',
  'modprobe@fuse.service',
  'kmod-static-nodes.service',
  'e2scrub_reap.service',
  'e2scrub_all.timer',
  'systemd-pstore.service',
  'dpkg-db-backup.timer',
  'emergency.service',
  'rescue.service',
];

/** Debian's part, in the cache: unpacked, pruned, with the kernel at /boot/vmlinuz. */
export function debianTree(plan: ImagePlan, tools: Tools, set: PackageSet): string {
  const recipe = hashOf(JSON.stringify([readList('modules.list'), PRUNED])).slice(0, 8);
  const name = `${plan.arch}-${nameOf(set.packages)}-${recipe}`;
  return cachedTree(join(plan.cache, 'trees', name), (into) => {
    unpack(set, into);
    for (const path of PRUNED) rmSync(join(into, path), { recursive: true, force: true });
    rmSync(join(into, 'var'), { recursive: true, force: true });
    pruneDocuments(join(into, 'usr/share/doc'));
    for (const folder of readdirSync(join(into, 'usr/lib'))) {
      rmSync(join(into, 'usr/lib', folder, 'gconv'), { recursive: true, force: true });
    }
    keepKernel(join(into, 'boot'));
    pruneModules(tools, into);
  });
}

function pruneDocuments(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isSymbolicLink()) continue;
    for (const file of readdirSync(path)) {
      if (file !== 'copyright') rmSync(join(path, file), { recursive: true });
    }
  }
}

function keepKernel(boot: string): void {
  for (const file of readdirSync(boot)) {
    if (file.startsWith('vmlinuz-')) copyFileSync(join(boot, file), join(boot, 'vmlinuz'));
    if (file !== 'vmlinuz') rmSync(join(boot, file), { recursive: true });
  }
}

/** Puts the whole system together and makes its file system. Returns the file's path. */
export function buildSystem(plan: ImagePlan, tools: Tools, set: PackageSet, tree: string): string {
  const root = join(workFolder(plan), 'root');
  rmSync(root, { recursive: true, force: true });
  run('cp', ['-a', '--reflink=auto', tree, root]);
  rmSync(join(root, 'boot'), { recursive: true });
  for (const place of PLACES) mkdirSync(join(root, place), { recursive: true });
  overlay(join(DEFINITION, 'rootfs'), root);
  installUnits(plan.units, root);
  installProgram(plan, set, root);
  linkBusybox(root);
  tools.run('systemd-sysusers', ['--root', tools.path(root)]);
  tools.run('systemctl', ['--root', tools.path(root), 'preset-all']);
  for (const unit of MASKED) mask(root, unit);
  lockRoot(root);
  // Lock and backup files of what has just written accounts.
  for (const name of ['.pwd.lock', 'passwd-', 'group-', 'shadow-', 'gshadow-']) {
    rmSync(join(root, 'etc', name), { force: true });
  }
  return makeFileSystem(plan, tools, root);
}

function makeFileSystem(plan: ImagePlan, tools: Tools, root: string): string {
  const file = join(workFolder(plan), `${labelOf(plan.version)}.root.erofs`);
  rmSync(file, { force: true });
  tools.run('mkfs.erofs', [
    '-zlz4hc,9',
    '-C65536',
    `-T${plan.epoch}`,
    '--all-root',
    '-Enosbcrc',
    `-U${uuidOf(`${plan.version} ${plan.arch} system`)}`,
    '--quiet',
    tools.path(file),
    tools.path(root),
  ]);
  return file;
}

/** Copies files with the two modes that git knows. */
function overlay(from: string, to: string): void {
  for (const name of readdirSync(from).sort()) {
    const [source, target] = [join(from, name), join(to, name)];
    const found = lstatSync(source);
    if (found.isDirectory()) {
      mkdirSync(target, { recursive: true });
      overlay(source, target);
      continue;
    }
    rmSync(target, { recursive: true, force: true });
    if (found.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      copyFileSync(source, target);
      chmodSync(target, (found.mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}

/** `systemd/` of the checkout: units beside each other, and folders that are named as below /usr/lib. */
function installUnits(units: string, root: string): void {
  const place = join(root, 'usr/lib/systemd/system');
  for (const name of readdirSync(units).sort()) {
    const path = join(units, name);
    if (!lstatSync(path).isDirectory()) {
      copyFileSync(path, join(place, name));
      chmodSync(join(place, name), 0o644);
    } else if (UNIT_FOLDERS.includes(name)) {
      const target = join(root, 'usr/lib', name);
      mkdirSync(target, { recursive: true });
      overlay(path, target);
    }
  }
}

function installProgram(plan: ImagePlan, set: PackageSet, root: string): void {
  const share = join(root, 'usr/share/helios-edge');
  const keys = join(share, 'update-keys');
  mkdirSync(keys, { recursive: true });
  copyFileSync(plan.binary, join(root, 'usr/bin/helios-edge'));
  chmodSync(join(root, 'usr/bin/helios-edge'), 0o755);
  writeFileSync(join(keys, `${plan.key.name}.pub`), plan.key.publicPem);
  const packages = set.packages.map(({ name, version }) => ({ name, version }));
  writeFileSync(join(share, 'packages.json'), `${JSON.stringify(packages, null, 1)}\n`);
  const debian = readFileSync(join(root, 'usr/lib/os-release'), 'utf8')
    .split('\n')
    .filter((line) => !/^(PRETTY_NAME|IMAGE_ID|IMAGE_VERSION)=|^$/.test(line));
  const release = [
    `PRETTY_NAME="helios-edge ${plan.version}"`,
    'IMAGE_ID=helios-edge',
    `IMAGE_VERSION=${plan.version}`,
    ...debian,
  ];
  writeFileSync(join(root, 'usr/lib/os-release'), `${release.join('\n')}\n`);
  // A box without a clock of its own starts no earlier than this.
  const clock = join(root, 'usr/lib/clock-epoch');
  writeFileSync(clock, '');
  utimesSync(clock, plan.epoch, plan.epoch);
}

/** Everyday commands that no package of the image brings. */
function linkBusybox(root: string): void {
  for (const name of readList('busybox.list')) {
    const path = join(root, 'usr/bin', name);
    if (!existsSync(path) && !existsSync(join(root, 'usr/sbin', name)))
      symlinkSync('busybox', path);
  }
  // Units of systemd's that only a test asks for (its debug shell) call for bash.
  for (const name of ['sh', 'bash']) {
    if (!existsSync(join(root, 'usr/bin', name))) symlinkSync('dash', join(root, 'usr/bin', name));
  }
  const awk = join(root, 'usr/bin/awk');
  if (!existsSync(awk)) symlinkSync('mawk', awk);
}

/** systemd-sysusers leaves it open to a credential given from outside; here nobody ever logs in. */
function lockRoot(root: string): void {
  const path = join(root, 'etc/shadow');
  const lines = readFileSync(path, 'utf8').replace(/^root:[^:]*:/m, 'root:!*:');
  rmSync(path);
  writeFileSync(path, lines, { mode: 0o400 });
}

function mask(root: string, unit: string): void {
  const path = join(root, 'etc/systemd/system', unit);
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync('/dev/null', path);
}
