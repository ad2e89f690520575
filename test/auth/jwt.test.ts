import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../edge/auth/jwt.ts';
import type { Clock } from '../../edge/clock.ts';

const SECRET = 'a secret of this test, long enough for HS256';
const NOW = 1_800_000_000;
const clock: Clock = { wallMicros: () => BigInt(NOW) * 1_000_000n, monotonicMs: () => 0 };
const verifier = createTokenVerifier({
  secret: SECRET,
  tenantClaim: 'merchant_id',
  userClaim: 'sub',
  clock,
});
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token with any header, signed as HS256 whatever the header says. */
const forge = (header: unknown, claims: unknown, secret = SECRET): string => {
  const content = `${encode(header)}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
};
const HS256 = { alg: 'HS256', typ: 'JWT' };
const CLAIMS = { merchant_id: 'acme', sub: 'till1', exp: NOW + 60 };

describe('createTokenVerifier', () => {
  it('knows whom a good token is about', async () => {
    const token = await new SignJWT({ merchant_id: 'acme', sub: 'till1' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(NOW + 60)
      .sign(new TextEncoder().encode(SECRET));
    expect(await verifier.verify(token)).toEqual({ merchant: 'acme', user: 'till1' });
    const { sub: _, ...withoutUser } = CLAIMS;
    expect(await verifier.verify(forge(HS256, withoutUser))).toEqual({
      merchant: 'acme',
      user: null,
    });
  });

  it.each<[string, string]>([
    ['alg none', `${encode({ alg: 'none' })}.${encode(CLAIMS)}.`],
    ['alg None, signed', forge({ alg: 'None' }, CLAIMS)],
    ['alg HS512', forge({ alg: 'HS512' }, CLAIMS)],
    ['alg RS256 with the secret', forge({ alg: 'RS256' }, CLAIMS)],
    ['no alg', forge({ typ: 'JWT' }, CLAIMS)],
    ['a crit header', forge({ ...HS256, crit: ['x'], x: 1 }, CLAIMS)],
    ['an embedded key', forge({ ...HS256, jwk: { kty: 'oct', k: 'eA' } }, CLAIMS, 'x')],
    ['a kid that is a path', forge({ ...HS256, kid: '/dev/null' }, CLAIMS, '')],
    ['another secret', forge(HS256, CLAIMS, 'another secret')],
    ['a token that has expired', forge(HS256, { ...CLAIMS, exp: NOW - 1 })],
    ['no exp', forge(HS256, { merchant_id: 'acme' })],
    ['exp as text', forge(HS256, { ...CLAIMS, exp: `${NOW + 60}` })],
    ['nbf in the future', forge(HS256, { ...CLAIMS, nbf: NOW + 30 })],
    ['no tenant', forge(HS256, { sub: 'till1', exp: NOW + 60 })],
    ['a tenant in an array', forge(HS256, { ...CLAIMS, merchant_id: ['acme'] })],
    ['a tenant that is a number', forge(HS256, { ...CLAIMS, merchant_id: 7 })],
    ['an empty tenant', forge(HS256, { ...CLAIMS, merchant_id: '' })],
    ['a tenant that is an object', forge(HS256, { ...CLAIMS, merchant_id: { a: 1 } })],
    ['a user in an array', forge(HS256, { ...CLAIMS, sub: ['till1'] })],
    ['claims that are a list', forge(HS256, [CLAIMS])],
    ['garbage', 'a.b.c'],
    ['nothing', ''],
    ['five parts', 'a.b.c.d.e'],
  ])('refuses %s', async (_, token) => {
    expect(await verifier.verify(token)).toBeNull();
  });

  it('refuses a changed token', async () => {
    const token = forge(HS256, CLAIMS);
    const [header, , signature] = token.split('.');
    const other = encode({ ...CLAIMS, merchant_id: 'bob' });
    expect(await verifier.verify(`${header}.${other}.${signature}`)).toBeNull();
  });

  it('will not work with a short secret', () => {
    expect(() =>
      createTokenVerifier({ secret: 'short', tenantClaim: 'm', userClaim: 'sub', clock }),
    ).toThrow('needs at least 32');
  });

  it('takes its claims only from the token itself', async () => {
    const odd = createTokenVerifier({
      secret: SECRET,
      tenantClaim: 'constructor',
      userClaim: 'toString',
      clock,
    });
    expect(await odd.verify(forge(HS256, CLAIMS))).toBeNull();
  });
});
