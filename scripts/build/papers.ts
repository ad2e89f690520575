/**
 * The two papers of a release: a CycloneDX list of what is inside, and the licence texts. Neither has a
 * date or a random number in it: the same sources give the same papers.
 */
import { createHash } from 'node:crypto';
import type { Inventory, Part } from './parts.ts';

const RULE = '='.repeat(80);

function component(part: Part): Record<string, unknown> {
  return {
    type: part.ref.startsWith('npm:') || part.ref.startsWith('node:') ? 'library' : 'application',
    'bom-ref': part.ref,
    name: part.name,
    version: part.version,
    ...(part.description === '' ? {} : { description: part.description }),
    ...(part.sha512 === '' ? {} : { hashes: [{ alg: 'SHA-512', content: part.sha512 }] }),
    licenses: [{ license: { id: part.licence } }],
    purl: part.purl,
  };
}

/** CycloneDX 1.6. @see https://cyclonedx.org/docs/1.6/json/ */
export function cycloneDx(
  { parts, direct }: Inventory,
  product: { readonly name: string; readonly version: string; readonly commit: string },
): string {
  const ref = `${product.name}@${product.version}`;
  const body = {
    metadata: {
      component: {
        type: 'application',
        'bom-ref': ref,
        name: product.name,
        version: product.version,
        licenses: [{ license: { id: 'MIT' } }],
        purl: `pkg:generic/${product.name}@${product.version}`,
        properties: [{ name: 'helios-edge:commit', value: product.commit }],
      },
    },
    components: parts.map(component),
    dependencies: [
      { ref, dependsOn: direct },
      ...parts.map((part) => ({ ref: part.ref, dependsOn: part.needs })),
    ],
  };
  const serialNumber = `urn:uuid:${nameUuid(JSON.stringify(body))}`;
  const head = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber, version: 1 };
  return `${JSON.stringify({ ...head, ...body }, null, 2)}\n`;
}

/** A version 8 UUID (RFC 9562 section 5.8) of a text: the same list has the same number. */
function nameUuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Every text once, under the names of all parts that it covers. */
export function licenceTexts({ parts }: Inventory): string {
  const byText = new Map<string, string[]>();
  for (const part of parts) {
    if (part.licenceText === '') continue;
    const text = part.licenceText.replaceAll('\r\n', '\n');
    const names = byText.get(text) ?? [];
    names.push(`${part.name} ${part.version} (${part.licence})`);
    byText.set(text, names);
  }
  const chapters = [...byText].map(
    ([text, names]) => `${RULE}\n${[...new Set(names)].join('\n')}\n${RULE}\n\n${text}\n`,
  );
  return `helios-edge contains the following works of others.\n\n${chapters.join('\n')}`;
}
