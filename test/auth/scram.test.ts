import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Credential, SCRAM_ITERATIONS, unknownCredential } from '../../edge/auth/directory.ts';
import {
  makeVerifier,
  SCRAM_SHA_256,
  SCRAM_SHA_256_PLUS,
  type ScramOptions,
  ScramServer,
} from '../../edge/auth/scram.ts';
import { EdgeError } from '../../edge/errors.ts';
import { ScramClient } from './scram-client.ts';

const SALT = new Uint8Array(16).fill(9);
const HASH = new Uint8Array(32).fill(0xab);
const PLAIN: ScramOptions = { mechanism: SCRAM_SHA_256, endPointHash: null };
const OVER_TLS: ScramOptions = { mechanism: SCRAM_SHA_256, endPointHash: HASH };
const PLUS: ScramOptions = { mechanism: SCRAM_SHA_256_PLUS, endPointHash: HASH };

function credential(...passwords: readonly string[]): Credential {
  return {
    known: true,
    merchant: 'acme',
    role: 'merchant',
    salt: SALT,
    iterations: SCRAM_ITERATIONS,
    keys: passwords.map((password) => ({
      name: password,
      ...makeVerifier(password, SALT, SCRAM_ITERATIONS),
    })),
    suspended: false,
  };
}

const ACME = credential('one', 'two', 'three');

/** Name of the key that fitted, or what the server said. */
function exchange(server: ScramServer, client: ScramClient): string {
  try {
    const result = server.final(client.final(server.first(client.first())));
    if (result === null) return 'refused';
    expect(client.accepts(result.message)).toBe(true);
    return result.key.name;
  } catch (error) {
    return shown(error);
  }
}

function shown(error: unknown): string {
  if (!(error instanceof EdgeError)) throw error;
  const detail = error.fields.detail === undefined ? '' : ` / ${error.fields.detail}`;
  return `${error.severity} ${error.sqlstate} ${error.message}${detail}`;
}

const first = (options: ScramOptions, text: string): string => {
  try {
    return Buffer.from(
      new ScramServer(ACME, options).first(Buffer.from(text, 'latin1')),
    ).toString();
  } catch (error) {
    return shown(error);
  }
};

describe('ScramServer', () => {
  it('gives the answers of RFC 7677 section 3', () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    const server = new ScramServer(
      {
        ...ACME,
        salt,
        keys: [{ name: 'rfc', ...makeVerifier('pencil', salt, 4096) }],
      },
      { ...PLAIN, nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' },
    );
    expect(
      Buffer.from(server.first(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))).toString(),
    ).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    );
    const result = server.final(
      Buffer.from(
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      ),
    );
    expect(Buffer.from(result?.message ?? []).toString()).toBe(
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
  });

  it('tries every key, and says which one fitted', () => {
    for (const key of ['one', 'two', 'three']) {
      expect(exchange(new ScramServer(ACME, PLAIN), new ScramClient(key))).toBe(key);
    }
    expect(exchange(new ScramServer(ACME, PLAIN), new ScramClient('four'))).toBe('refused');
    expect(exchange(new ScramServer(credential(), PLAIN), new ScramClient(''))).toBe('refused');
  });

  it('binds to the certificate', () => {
    const header = 'p=tls-server-end-point,,';
    const good = new ScramClient('one', { header, binding: HASH });
    expect(exchange(new ScramServer(ACME, PLUS), good)).toBe('one');
    const other = new ScramClient('one', { header, binding: new Uint8Array(32) });
    expect(exchange(new ScramServer(ACME, PLUS), other)).toBe(
      'FATAL 28000 SCRAM channel binding check failed',
    );
    const none = new ScramClient('one', { header });
    expect(exchange(new ScramServer(ACME, PLUS), none)).toContain('channel binding check failed');
  });

  it('notices that its offer of channel binding was cut out', () => {
    const client = new ScramClient('one', { header: 'y,,' });
    expect(exchange(new ScramServer(ACME, OVER_TLS), client)).toContain(
      'FATAL 28000 SCRAM channel binding negotiation error',
    );
    expect(exchange(new ScramServer(ACME, PLAIN), client)).toBe('one');
    expect(exchange(new ScramServer(ACME, OVER_TLS), new ScramClient('one'))).toBe('one');
  });

  it('lets nobody mix the mechanisms', () => {
    expect(first(PLUS, 'n,,n=,r=x')).toContain('does not include channel binding data');
    expect(first(PLUS, 'y,,n=,r=x')).toContain('does not include channel binding data');
    expect(first(OVER_TLS, 'p=tls-server-end-point,,n=,r=x')).toContain(
      'includes channel binding data',
    );
    expect(first(PLUS, 'p=tls-unique,,n=,r=x')).toBe(
      'FATAL 08P01 unsupported SCRAM channel-binding type "tls-unique"',
    );
  });

  it.each([
    ['', 'The message is empty.'],
    ['n,,n=,r=x\0', 'Message length does not match input length.'],
    ['q,,n=,r=x', 'Unexpected channel-binding flag "q".'],
    ['n', 'Comma expected, but found character "0x00".'],
    ['n;', 'Comma expected, but found character ";".'],
    ['n,x,', 'Unexpected attribute "x" in client-first-message.'],
    ['n,,', 'Expected attribute "n" but found "0x00".'],
    ['n,,r=x', 'Expected attribute "n" but found "r".'],
    ['n,,n:x', 'Expected character "=" for attribute "n".'],
  ])('refuses the first message %j', (text, detail) => {
    expect(first(PLAIN, text)).toBe(`FATAL 08P01 malformed SCRAM message / ${detail}`);
  });

  it('refuses what it does not do', () => {
    expect(first(PLAIN, 'n,a=root,n=,r=x')).toContain('0A000 client uses authorization identity');
    expect(first(PLAIN, 'n,,m=x,n=,r=x')).toContain('0A000 client requires an unsupported');
    expect(first(PLAIN, 'n,,n=,r=a\x7fb')).toContain('08P01 non-printable characters');
  });

  it('ignores the name in the message, as PostgreSQL does', () => {
    expect(exchange(new ScramServer(ACME, PLAIN), new ScramClient('one', { user: 'bob' }))).toBe(
      'one',
    );
  });

  it('refuses a nonce that is not its own, and a proof that was played back', () => {
    const server = new ScramServer(ACME, PLAIN);
    const client = new ScramClient('one');
    const proof = client.final(server.first(client.first())).toString();
    const say = (text: string): string => {
      try {
        return server.final(Buffer.from(text)) === null ? 'refused' : 'accepted';
      } catch (error) {
        return shown(error);
      }
    };
    expect(say(proof.replace(/r=[^,]*/, 'r=other'))).toBe(
      'FATAL 08P01 invalid SCRAM response / Nonce does not match.',
    );
    expect(say(`${proof},x=y`)).toContain('Garbage found at the end of client-final-message.');
    expect(say(proof.replace(/p=.*/, 'p=AAAA'))).toContain('Malformed proof');
    expect(say(proof.replace(/p=.*/, 'p='))).toContain('Malformed proof');
    expect(say(proof.replace(/p=.*/, 'p=!!!'))).toContain('Malformed proof');
    expect(say(proof.replace(/,p=.*/, ''))).toContain('Attribute expected');
    expect(say(proof.replace('c=biws', 'c=eSws'))).toBe(
      'FATAL 08P01 unexpected SCRAM channel-binding attribute in client-final-message',
    );
    expect(say(proof)).toBe('accepted');
    const later = new ScramServer(ACME, PLAIN);
    later.first(client.first());
    expect(() => later.final(Buffer.from(proof))).toThrow('invalid SCRAM response');
  });

  it('treats a name that nobody has as a wrong key', () => {
    const secret = new Uint8Array(32).fill(1);
    const nobody = unknownCredential(secret, 'nobody');
    const saltOf = (one: Credential): string =>
      /s=([^,]*)/.exec(
        Buffer.from(new ScramServer(one, PLAIN).first(Buffer.from('n,,n=,r=x'))).toString(),
      )?.[1] ?? '';
    expect(exchange(new ScramServer(nobody, PLAIN), new ScramClient('x'))).toBe('refused');
    expect(saltOf(nobody)).toBe(saltOf(unknownCredential(secret, 'nobody')));
    expect(saltOf(nobody)).not.toBe(saltOf(unknownCredential(secret, 'nobody2')));
    expect(saltOf(nobody)).not.toBe(
      saltOf(unknownCredential(new Uint8Array(32).fill(2), 'nobody')),
    );
    expect(saltOf(nobody)).toHaveLength(saltOf(ACME).length);
  });

  it('never accepts an unknown name, even with the stored key that its secret makes', () => {
    const nobody = { ...ACME, known: false };
    expect(exchange(new ScramServer(nobody, PLAIN), new ScramClient('one'))).toBe('refused');
  });

  it('answers any bytes with a message, a refusal or an EdgeError', () => {
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .array(fc.constantFrom('n', 'y', 'p', ',', '=', 'r', 'c=biws', 'a', 'm', 'x', 'é'), {
          maxLength: 20,
        })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(texts, texts, fc.constantFrom(PLAIN, OVER_TLS, PLUS), (one, two, options) => {
        const server = new ScramServer(ACME, options);
        for (const say of [() => server.first(one), () => server.final(two)]) {
          try {
            expect(say()).not.toHaveProperty('key');
          } catch (error) {
            expect(error).toBeInstanceOf(EdgeError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
