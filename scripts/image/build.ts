/** Builds one architecture's image from its plan; an image of the same inputs is not built again. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fetchPackages } from './apt.ts';
import { buildDisk, buildKernelImage } from './disk.ts';
import { hashOf, hashOfFile } from './hash.ts';
import { DEFINITION, readList } from './lists.ts';
import { type Manifest, readManifest, writeManifest } from './manifest.ts';
import { kernelVersion } from './modules.ts';
import { ARCH_NAMES, type ImagePlan, workFolder } from './plan.ts';
import { buildSystem, debianTree } from './system.ts';
import { openTools } from './tools.ts';
import { run } from './tree.ts';

export interface BuiltImage {
  readonly manifest: Manifest;
  readonly folder: string;
  readonly isFresh: boolean;
}

export interface BuildOptions {
  /** Also makes the file that is downloaded and flashed (`.raw.zst`). */
  readonly compress: boolean;
  readonly force: boolean;
  readonly say: (line: string) => void;
}

export function buildImage(plan: ImagePlan, options: BuildOptions): BuiltImage {
  const { debian } = ARCH_NAMES[plan.arch];
  const step = stopwatch(options.say);
  const set = fetchPackages({
    cache: plan.cache,
    name: plan.arch,
    arch: debian,
    packages: readList('packages.list').map((name) =>
      name === 'linux-image' ? `linux-image-${debian}` : name,
    ),
    unneeded: readList('packages-unneeded.list'),
    refresh: plan.refresh,
  });
  step(`${set.packages.length} packages`);
  const inputs = hashInputs(
    plan,
    set.packages.map(({ sha256 }) => sha256),
  );
  const earlier = readManifest(plan.output);
  const isComplete =
    !options.compress || earlier?.files.some(({ name }) => name.endsWith('.zst')) === true;
  if (!options.force && earlier?.inputs === inputs && isComplete) {
    return { manifest: earlier, folder: plan.output, isFresh: false };
  }
  mkdirSync(workFolder(plan), { recursive: true });
  mkdirSync(plan.output, { recursive: true });
  const tools = openTools(plan.cache, plan.cache, plan.epoch, plan.refresh);
  step('tools');
  const tree = debianTree(plan, tools, set);
  step('Debian unpacked and pruned');
  const system = buildSystem(plan, tools, set, tree);
  step('system partition');
  const kernelImage = buildKernelImage(plan, tools, tree);
  step('kernel image');
  const disk = buildDisk(plan, tools, tree, { system, kernelImage });
  step('disk image');
  for (const file of readdirSync(plan.output)) rmSync(join(plan.output, file), { recursive: true });
  const files = [disk, system, kernelImage].map((file) => {
    const target = join(plan.output, basename(file));
    renameSync(file, target);
    return target;
  });
  if (options.compress) {
    const [raw = ''] = files;
    run('zstd', ['-q', '-T0', '-10', '-f', raw, '-o', `${raw}.zst`]);
    files.push(`${raw}.zst`);
    step('compressed');
  }
  const manifest = writeManifest(plan, { kernel: kernelVersion(tree), inputs, set }, files);
  step('manifest');
  return { manifest, folder: plan.output, isFresh: true };
}

/** Everything that decides the image's bytes. */
function hashInputs(plan: ImagePlan, packages: readonly string[]): string {
  const files = [DEFINITION, plan.units, import.meta.dirname].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => `${basename(path)} ${hashOf(readFileSync(path, 'latin1'))}`),
  );
  const own = [plan.arch, plan.version, plan.epoch, plan.key.publicPem, hashOfFile(plan.binary)];
  return hashOf(JSON.stringify([...own, ...packages, ...files]));
}

function stopwatch(say: (line: string) => void): (name: string) => void {
  let last = performance.now();
  return (name) => {
    const now = performance.now();
    say(`  ${name.padEnd(28)} ${((now - last) / 1000).toFixed(1)} s`);
    last = now;
  };
}
