/**
 * The Kubernetes manifests hold together: what one names, another has. This knows the rules that matter here,
 * not the whole schema of Kubernetes.
 */
import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../edge/config.ts';
import { VERSION } from '../../edge/version.ts';
import { at, listAt, readYaml, type Tree, yamlFiles } from './yaml-files.ts';

const FOLDER = 'kubernetes';
const documents = yamlFiles(FOLDER).flatMap(readYaml);
/** Fixed by Kubernetes: the group that serves each kind now. */
const API_VERSIONS: Readonly<Record<string, string>> = {
  ConfigMap: 'v1',
  Service: 'v1',
  StatefulSet: 'apps/v1',
  PodDisruptionBudget: 'policy/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Kustomization: 'kustomize.config.k8s.io/v1beta1',
};
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const NANOS_PER_SECOND = 1_000_000_000;

function only(kind: string): Tree {
  const found = documents.filter((document) => document['kind'] === kind);
  if (found.length !== 1) throw new Error(`${found.length} documents of kind ${kind}`);
  return found[0] ?? {};
}

const set = only('StatefulSet');
const pod = at(set, 'spec', 'template', 'spec') as Tree;
const labels = at(set, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
const box = listAt(pod, 'containers')[0] ?? {};
const ports = listAt(box, 'ports');
const portNames = ports.map((port) => port['name']);
const config = makeConfig({
  toml: String(at(only('ConfigMap'), 'data', 'config.toml')),
  dataDir: '/data',
  environment: { JWT_SECRET: 'a secret of at least thirty-two characters' },
});

describe('every manifest', () => {
  test.each(documents.map((document) => [String(document['kind']), document] as const))(
    '%s is of a version that is served, named, and in the namespace',
    (kind, document) => {
      expect(document['apiVersion']).toBe(API_VERSIONS[kind]);
      if (kind === 'Kustomization') return;
      expect(at(document, 'metadata', 'name')).toMatch(NAME);
      expect(at(document, 'metadata', 'namespace')).toBe(at(set, 'metadata', 'namespace'));
    },
  );

  test('is applied by the kustomization', () => {
    const others = yamlFiles(FOLDER).filter((name) => !name.endsWith('kustomization.yaml'));
    const named = at(only('Kustomization'), 'resources') as readonly string[];
    expect([...named].map((name) => `${FOLDER}/${name}`).sort()).toEqual(others);
  });

  test('selects the pod by labels that it has', () => {
    const selectors = [
      at(set, 'spec', 'selector', 'matchLabels'),
      at(only('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels'),
      at(only('NetworkPolicy'), 'spec', 'podSelector', 'matchLabels'),
      ...documents
        .filter((one) => one['kind'] === 'Service')
        .map((one) => at(one, 'spec', 'selector')),
    ];
    expect(selectors).toHaveLength(5);
    for (const selector of selectors) {
      expect(Object.keys(selector as Tree).length).toBeGreaterThan(0);
      expect(labels).toMatchObject(selector as Tree);
    }
  });
});

describe('StatefulSet', () => {
  test('has one replica, and a service for its pod', () => {
    expect(at(set, 'spec', 'replicas')).toBe(1);
    const governing = documents.find(
      (one) => at(one, 'metadata', 'name') === at(set, 'spec', 'serviceName'),
    );
    expect(governing?.['kind']).toBe('Service');
    expect(at(governing, 'spec', 'clusterIP')).toBe('None');
  });

  test('runs the released version with the words of the image', () => {
    expect(box['image']).toBe(`helios-edge:${VERSION}`);
    expect(box['args']).toEqual(['--config', '/etc/heliosdb/config.toml', '--data-dir', '/data']);
  });

  test('names ports once, in the form that Kubernetes takes, where the box listens', () => {
    expect(new Set(portNames).size).toBe(ports.length);
    for (const name of portNames) expect(String(name)).toMatch(/^[a-z0-9-]{1,15}$/);
    const listening = [
      Number(config['proxy.listen_addr'].split(':').at(-1)),
      config['server.admin_port'],
      config['monitoring.prometheus_port'],
    ];
    expect(ports.map((port) => port['containerPort'])).toEqual(listening);
    expect(config['server.host']).toBe('0.0.0.0');
    expect(at(set, 'spec', 'template', 'metadata', 'annotations', 'prometheus.io/port')).toBe(
      String(config['monitoring.prometheus_port']),
    );
  });

  test.each([
    ['startupProbe', '/health'],
    ['livenessProbe', '/health'],
    ['readinessProbe', '/ready'],
  ])('%s asks a port that is there for %s', (probe, path) => {
    expect(at(box, probe, 'httpGet', 'path')).toBe(path);
    expect(portNames).toContain(at(box, probe, 'httpGet', 'port'));
  });

  test('mounts only volumes that it has, and keeps the data in one', () => {
    const volumes = [...listAt(pod, 'volumes'), ...listAt(set, 'spec', 'volumeClaimTemplates')];
    const names = volumes.map((volume) => volume['name'] ?? at(volume, 'metadata', 'name'));
    const mounts = listAt(box, 'volumeMounts');
    expect(mounts.map((mount) => mount['name']).sort()).toEqual([...names].sort());
    const claims = listAt(set, 'spec', 'volumeClaimTemplates').map((one) =>
      at(one, 'metadata', 'name'),
    );
    const home = mounts.find((mount) =>
      config['database.path'].startsWith(`${mount['mountPath']}/`),
    );
    expect(claims).toContain(home?.['name']);
    const configs = listAt(pod, 'volumes').flatMap((one) => at(one, 'configMap', 'name') ?? []);
    expect(configs).toEqual([at(only('ConfigMap'), 'metadata', 'name')]);
  });

  test('may do no more than it needs', () => {
    expect(pod['automountServiceAccountToken']).toBe(false);
    expect(pod['securityContext']).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10001,
      fsGroup: 10001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(box['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod[field]).toBeUndefined();
  });

  test('gives the box the memory that its limits add up to', () => {
    const GIB_IN_MB = 1024;
    const gib = Number(/^(\d+)Gi$/.exec(String(at(box, 'resources', 'limits', 'memory')))?.[1]);
    // Twice the engine (its reading thread has one of its own), the buffers, and the program.
    const needed = 2 * config['database.memory_limit_mb'] + 512;
    expect(gib * GIB_IN_MB).toBeGreaterThan(needed);
  });

  test('takes secrets from a secret only', () => {
    const env = listAt(box, 'env');
    const secrets = env.filter((one) => /SECRET|TOKEN|KEY|PASSWORD/.test(String(one['name'])));
    expect(secrets.length).toBeGreaterThan(0);
    for (const one of secrets) {
      expect(at(one, 'valueFrom', 'secretKeyRef', 'key')).toBeTypeOf('string');
      expect(one['value']).toBeUndefined();
    }
  });

  test('gives the box longer to stop than its health check allows it to answer', () => {
    const grace = Number(pod['terminationGracePeriodSeconds']);
    expect(grace * NANOS_PER_SECOND).toBeGreaterThanOrEqual(10 * NANOS_PER_SECOND);
  });
});

describe('Service', () => {
  test('sends to ports that the pod names', () => {
    const services = documents.filter((one) => one['kind'] === 'Service');
    for (const service of services) {
      for (const port of listAt(service, 'spec', 'ports')) {
        const target = ports.find((one) => one['name'] === port['targetPort']);
        expect(target?.['containerPort']).toBe(port['port']);
      }
    }
  });
});

describe('NetworkPolicy', () => {
  test('lets nobody in from everywhere, and only to ports that are there', () => {
    for (const rule of listAt(only('NetworkPolicy'), 'spec', 'ingress')) {
      expect(listAt(rule, 'from').length).toBeGreaterThan(0);
      for (const port of listAt(rule, 'ports')) expect(portNames).toContain(port['port']);
    }
  });
});
