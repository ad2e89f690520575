import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../edge/limits.ts';
import { ConnectionRegistry, type Registrant } from '../../edge/net/connection-registry.ts';

interface Noted extends Registrant {
  readonly calls: string[];
}

function registrant(): Noted {
  const calls: string[] = [];
  return {
    calls,
    view: () => null,
    cancel: () => void calls.push('cancel'),
    shutdown: () => void calls.push('shutdown'),
    destroy: () => void calls.push('destroy'),
  };
}

function admitted(registry: ConnectionRegistry, merchant: string | null): Noted {
  const one = registrant();
  registry.add(one);
  registry.admit(one, merchant, false);
  return one;
}

describe('ConnectionRegistry', () => {
  it('counts, and frees a slot only once', () => {
    const registry = new ConnectionRegistry(1);
    const one = admitted(registry, 'acme');
    expect(registry.counts()).toEqual({ merchants: 1, admins: 0, loginsPending: 0 });
    expect(() => admitted(registry, 'acme')).toThrow('sorry, too many clients already');
    registry.remove(one);
    registry.remove(one);
    expect(registry.counts().merchants).toBe(0);
    admitted(registry, 'acme');
  });

  it('keeps three slots for the administrator, who takes none of the merchants’', () => {
    const registry = new ConnectionRegistry(2);
    for (let count = 0; count < 3; count += 1) admitted(registry, null);
    admitted(registry, 'acme');
    admitted(registry, 'acme');
    expect(() => registry.requireSlot('merchant')).toThrow('too many');
    expect(() => registry.requireSlot('admin')).toThrow('too many');
  });

  it('cancels only with the right pid and secret', () => {
    const registry = new ConnectionRegistry(5);
    const one = registrant();
    const other = admitted(registry, 'acme');
    registry.add(one);
    const { pid, secret } = registry.admit(one, 'acme', true);
    expect(secret).toHaveLength(32);
    registry.cancel(pid, new Uint8Array(32));
    registry.cancel(pid, new Uint8Array(0));
    registry.cancel(pid, secret.subarray(0, 4));
    registry.cancel(pid + 1, secret);
    registry.cancel(pid - 1, secret);
    expect([one.calls, other.calls]).toEqual([[], []]);
    registry.cancel(pid, secret);
    expect([one.calls, other.calls]).toEqual([['cancel'], []]);
    registry.remove(one);
    registry.cancel(pid, secret);
    expect(one.calls).toHaveLength(1);
  });

  it('gives every connection a secret of its own', () => {
    const registry = new ConnectionRegistry(100);
    const secrets = Array.from({ length: 50 }, () => {
      const one = registrant();
      registry.add(one);
      return Buffer.from(registry.admit(one, 'acme', true).secret).toString('hex');
    });
    expect(new Set(secrets).size).toBe(50);
  });

  it('ends the sessions of one merchant', () => {
    const registry = new ConnectionRegistry(5);
    const acme = admitted(registry, 'acme');
    const other = admitted(registry, 'other');
    registry.disconnectMerchant('acme');
    expect([acme.calls, other.calls]).toEqual([['shutdown'], []]);
  });

  it('refuses large messages beyond the box’s memory', () => {
    const registry = new ConnectionRegistry(5);
    registry.holdInput(LIMITS.inputBytesTotalMax - 10);
    expect(() => registry.holdInput(11)).toThrow('out of memory');
    registry.holdInput(10);
    registry.holdInput(-LIMITS.inputBytesTotalMax);
    registry.holdInput(LIMITS.frameBytesMax);
  });

  it('caps those who have not logged in', () => {
    const registry = new ConnectionRegistry(5);
    for (let count = 0; count < LIMITS.loginsPendingMax; count += 1) {
      expect(registry.add(registrant())).toBe(true);
    }
    expect(registry.add(registrant())).toBe(false);
  });

  it('stops at once when all go, and cuts those who stay', async () => {
    const registry = new ConnectionRegistry(5);
    const polite = admitted(registry, 'acme');
    const stopped = registry.shutdown(60_000);
    expect(polite.calls).toEqual(['shutdown']);
    registry.remove(polite);
    await stopped;
    const stubborn = admitted(registry, 'acme');
    await registry.shutdown(1);
    expect(stubborn.calls).toEqual(['shutdown', 'destroy']);
  });
});
