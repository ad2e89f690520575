/** The initrd, the unified kernel image, the EFI partition and the whole disk. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hashOf, uuidOf } from './hash.ts';
import { DEFINITION } from './lists.ts';
import { copyModules, kernelVersion } from './modules.ts';
import { ARCH_NAMES, type ImagePlan, labelOf, workFolder } from './plan.ts';
import type { Tools } from './tools.ts';
import { run } from './tree.ts';

/** A version that does not come up three times gives way to the one before it. */
const BOOT_TRIES = 3;
const ESP_MEGABYTES = 256;
const SYSTEM_MEGABYTES = 512;
const INITRD_COMMANDS = [
  'sh',
  'cat',
  'sort',
  'xargs',
  'grep',
  'sed',
  'cut',
  'basename',
  'dirname',
  'readlink',
  'echo',
  'sleep',
  'chmod',
  'hostname',
  'mount',
  'umount',
  'modprobe',
  'switch_root',
];

/** The kernel's command line. What a test needs besides comes from outside the image. */
export function commandLine(version: string): string {
  return [
    `root=PARTLABEL=${labelOf(version)}`,
    'rootfstype=erofs',
    'ro',
    'console=tty0',
    'quiet',
    'loglevel=4',
    'systemd.show_status=auto',
    'fsck.repair=yes',
    'panic=10',
  ].join(' ');
}

function buildInitrd(plan: ImagePlan, tools: Tools, tree: string): string {
  const work = workFolder(plan);
  const root = join(work, 'initrd');
  rmSync(root, { recursive: true, force: true });
  for (const place of ['bin', 'usr/lib', 'dev', 'proc', 'sys', 'run', 'sysroot', 'data']) {
    mkdirSync(join(root, place), { recursive: true });
  }
  symlinkSync('usr/lib', join(root, 'lib'));
  copyFileSync(join(tree, 'usr/bin/busybox'), join(root, 'bin/busybox'));
  for (const command of INITRD_COMMANDS) symlinkSync('busybox', join(root, 'bin', command));
  copyFileSync(join(DEFINITION, 'initrd/init'), join(root, 'init'));
  for (const file of ['init', 'bin/busybox']) chmodSync(join(root, file), 0o755);
  const always = copyModules(tools, tree, root);
  writeFileSync(join(root, 'modules'), `${always.join('\n')}\n`);
  run('find', [root, '-exec', 'touch', '-h', '-d', `@${plan.epoch}`, '{}', '+']);
  const file = join(work, 'initrd.img');
  const script = `cd "$1" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0 | zstd -q -19 -T1 > "$2"`;
  tools.run('bash', ['-o', 'pipefail', '-c', script, 'initrd', tools.path(root), tools.path(file)]);
  return file;
}

/** One file that the firmware can start: stub, kernel, initrd and command line. */
export function buildKernelImage(plan: ImagePlan, tools: Tools, tree: string): string {
  const { efi } = ARCH_NAMES[plan.arch];
  const initrd = buildInitrd(plan, tools, tree);
  const file = join(workFolder(plan), `${labelOf(plan.version)}.efi`);
  rmSync(file, { force: true });
  const release = join(workFolder(plan), 'root/usr/lib/os-release');
  tools.run('ukify', [
    'build',
    `--efi-arch=${efi}`,
    `--stub=${tools.path(join(tree, `usr/lib/systemd/boot/efi/linux${efi}.efi.stub`))}`,
    `--linux=${tools.path(join(tree, 'boot/vmlinuz'))}`,
    `--initrd=${tools.path(initrd)}`,
    `--os-release=@${tools.path(release)}`,
    `--uname=${kernelVersion(tree)}`,
    `--cmdline=${commandLine(plan.version)}`,
    `--output=${tools.path(file)}`,
  ]);
  return file;
}

function buildEsp(plan: ImagePlan, tools: Tools, tree: string, kernelImage: string): string {
  const { efi } = ARCH_NAMES[plan.arch];
  const work = workFolder(plan);
  const root = join(work, 'esp');
  rmSync(root, { recursive: true, force: true });
  cpSync(join(DEFINITION, 'esp'), root, { recursive: true });
  const loader = join(tree, `usr/lib/systemd/boot/efi/systemd-boot${efi}.efi`);
  for (const place of ['EFI/BOOT', 'EFI/Linux', 'EFI/systemd']) {
    mkdirSync(join(root, place), { recursive: true });
  }
  copyFileSync(loader, join(root, `EFI/BOOT/BOOT${efi.toUpperCase()}.EFI`));
  copyFileSync(loader, join(root, `EFI/systemd/systemd-boot${efi}.efi`));
  const counted = `${labelOf(plan.version)}+${BOOT_TRIES}-0.efi`;
  copyFileSync(kernelImage, join(root, 'EFI/Linux', counted));
  run('find', [root, '-exec', 'touch', '-d', `@${plan.epoch}`, '{}', '+']);
  const file = join(work, 'esp.img');
  rmSync(file, { force: true });
  const serial = hashOf(`${plan.version} ${plan.arch} esp`).slice(0, 8);
  const kilobytes = String(ESP_MEGABYTES * 1024);
  tools.run('mkfs.vfat', [
    '--invariant',
    '-F32',
    '-nESP',
    `-i${serial}`,
    '-C',
    tools.path(file),
    kilobytes,
  ]);
  const names = ['EFI', 'loader'].map((name) => tools.path(join(root, name)));
  tools.run('mcopy', ['-s', '-m', '-Q', '-i', tools.path(file), ...names, '::/']);
  return file;
}

/** The image to be written to a disk: the EFI partition and one system; the box makes the rest. */
export function buildDisk(
  plan: ImagePlan,
  tools: Tools,
  tree: string,
  parts: { readonly system: string; readonly kernelImage: string },
): string {
  const work = workFolder(plan);
  const definitions = join(work, 'repart.d');
  rmSync(definitions, { recursive: true, force: true });
  mkdirSync(definitions);
  const esp = buildEsp(plan, tools, tree, parts.kernelImage);
  const name = `${plan.version} ${plan.arch}`;
  const partition = (type: string, label: string, megabytes: number, from: string): string =>
    [
      '[Partition]',
      `Type=${type}`,
      `Label=${label}`,
      `UUID=${uuidOf(`${name} ${label} partition`)}`,
      `CopyBlocks=${tools.path(from)}`,
      `SizeMinBytes=${megabytes}M`,
      `SizeMaxBytes=${megabytes}M`,
      '',
    ].join('\n');
  const type = `root-${ARCH_NAMES[plan.arch].partition}`;
  const label = labelOf(plan.version);
  writeFileSync(join(definitions, '10-esp.conf'), partition('esp', 'esp', ESP_MEGABYTES, esp));
  writeFileSync(
    join(definitions, '20-system-a.conf'),
    partition(type, label, SYSTEM_MEGABYTES, parts.system),
  );
  const file = join(work, `helios-edge_${plan.version}_${plan.arch}.raw`);
  rmSync(file, { force: true });
  tools.run('systemd-repart', [
    '--offline=yes',
    '--empty=create',
    '--size=auto',
    '--dry-run=no',
    `--seed=${uuidOf(`${name} disk`)}`,
    `--definitions=${tools.path(definitions)}`,
    tools.path(file),
  ]);
  return file;
}
