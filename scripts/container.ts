/**
 * `npm run container`: the container image of the built executable as an archive, without a builder, a
 * daemon or a registry. `docker load -i` and `podman load -i` take it.
 *
 * The libraries come from the packages of the Debian release that the Dockerfile names. Layers: libraries
 * below, the executable above, so that an update sends the upper one only. `--arch NAME`, `--binary FILE`, `--out DIR`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { VERSION } from '../edge/version.ts';
import { ROOT } from './build/lock.ts';
import type { Arch } from './build/node-runtime.ts';
import { writeArchive } from './container/archive.ts';
import { parseDockerfile, settingsOf } from './container/dockerfile.ts';
import { fetchPackages } from './image/apt.ts';
import { unpack } from './image/tree.ts';

const ARCHES: readonly Arch[] = ['x64', 'arm64'];
const NAME = 'helios-edge';
/** What the upper layer holds; all else lies below. */
const UPPER = ['usr/bin/helios-edge', 'etc/heliosdb/config.toml'];

/** A Debian root that holds the libraries and nothing else. */
function libraries(arch: Arch, work: string): string {
  const set = fetchPackages({
    cache: join(ROOT, '.cache/image'),
    name: `container-${arch}`,
    arch: arch === 'x64' ? 'amd64' : 'arm64',
    packages: ['libc6', 'libstdc++6', 'libgcc-s1'],
    unneeded: [],
    refresh: false,
  });
  const root = join(work, 'libraries');
  mkdirSync(root);
  unpack(set, root);
  return root;
}

/** Splits what `rootfs.sh` laid out into the layers' folders. */
function layersOf(rootfs: string, work: string): readonly string[] {
  const upper = join(work, 'upper');
  for (const path of UPPER) {
    mkdirSync(join(upper, path, '..'), { recursive: true });
    renameSync(join(rootfs, path), join(upper, path));
  }
  return [rootfs, upper];
}

async function build(arch: Arch, binary: string, out: string): Promise<void> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: npm run build makes it`);
  const stage = parseDockerfile(readFileSync(join(ROOT, 'container/Dockerfile'), 'utf8')).at(-1);
  if (stage === undefined) throw new Error('container/Dockerfile has no stage');
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(join(out, '.container-'));
  try {
    const rootfs = join(work, 'rootfs');
    const words = [join(ROOT, 'container/rootfs.sh'), libraries(arch, work), binary, rootfs];
    execFileSync('sh', words, { stdio: ['ignore', 'inherit', 'inherit'] });
    const settings = settingsOf(stage);
    const user = Number(settings.User.split(':')[0]);
    const file = join(out, `${NAME}-container-${arch}.tar`);
    const made = await writeArchive(
      {
        name: NAME,
        version: VERSION,
        arch,
        settings,
        layers: layersOf(rootfs, work),
        owned: { '/data': user },
      },
      file,
    );
    const megabytes = (made.compressedBytes / 1e6).toFixed(1);
    process.stdout.write(
      `${relative(process.cwd(), file)}  ${NAME}:${VERSION}, ${megabytes} MB compressed, ${made.digest}\n`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: process.arch },
    binary: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'dist') },
  },
});
const arch = ARCHES.find((one) => one === values.arch);
if (arch === undefined) throw new Error(`--arch ${values.arch}: x64 and arm64 are known`);
await build(
  arch,
  resolve(values.binary ?? join(ROOT, `dist/helios-edge-linux-${arch}`)),
  resolve(values.out),
);
