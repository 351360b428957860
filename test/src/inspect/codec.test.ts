import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { failureKind } from '../../../machines/domain/failure.ts';
import { encodeToText } from '../../../src/inspect/codec.text.ts';
import { decode, encode, isWhole } from '../../../src/inspect/codec.ts';
import { isSecretKey, mayHoldSecret } from '../../../src/inspect/secrets.ts';

class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'down';
}

const again = (value: unknown): unknown => decode(JSON.parse(JSON.stringify(encode(value))));

describe('encode', () => {
  it('answers plain data as it is, without a copy', () => {
    const plain = { a: [1, 'x', null, { b: true }] };
    expect(encode(plain)).toBe(plain);
  });

  it('copies only what it must change', () => {
    const inner = { b: 1 };
    const encoded = encode({ inner, gone: undefined });
    expect(Reflect.get(encoded as object, 'inner')).toBe(inner);
    expect(encoded).toEqual({ inner, gone: { $: 'undefined' } });
  });

  it('takes secrets out, under whatever key of theirs and in addresses', () => {
    const encoded = JSON.stringify(
      encode({
        password: 'p1',
        apiKey: 'p2',
        API_KEY: 'p3',
        nested: [{ accessToken: 'p4', headers: { Authorization: 'p5', 'set-cookie': ['p6'] } }],
        url: 'postgres://user:p7@host/db',
        error: new Error('cannot reach http://me:p8@host'),
        clientSecret: { deep: 'p9' },
      }),
    );
    expect(encoded).not.toMatch(/p\d/);
    expect(encoded).toContain('postgres://user:[redacted]@host/db');
  });

  it.each<[string, unknown]>([
    ['an address whose password holds /', 'postgres://u:hun/ter2@host/db'],
    ['an address whose password holds @', { url: 'postgres://u:hun@ter2@host/db' }],
    ['a query string', '/login?user=u&password=hunter2&x=1'],
    ['a fragment', 'http://host/#token=hunter2'],
    ['a connection text', new Error('cannot connect with host=h password=hunter2 user=u')],
    ['a quoted connection text', new Error("host=h password='hun ter2' user=u")],
    ['a header in a text', 'GET / HTTP/1.1\r\nCookie: a=b; sid=hunter2\r\nHost: h'],
    ['authorization in a text', 'sent authorization: Basic hunter2'],
    ['a bearer', ['refused Bearer hunter2']],
    ['JSON in a text', 'got {"user":"u","password":"hunter2"}'],
    ['a pair', ['Cookie', 'hunter2']],
    ['a list of headers', ['Host', 'h', 'Set-Cookie', 'hunter2']],
    ['a pair in a list', { headers: [['x-api-key', ['hunter2']]] }],
    ['a map', new Map([['password', 'hunter2']])],
    ...['pwd', 'jwt', 'pin', 'dbPwd', 'user_pin', 'DB_PWD', 'passcode', 'tokens', 'token'].map(
      (key): [string, unknown] => [`the key ${key}`, { [key]: 'hunter2' }],
    ),
    ['a number under pin', { pin: 72_462 }],
    ['a number under token', { deep: { token: 72_462 } }],
  ])('takes the secret out of %s', (_, value) => {
    for (const written of [JSON.stringify(encode(value)), encodeToText(value), encodeToText({ in: value })]) {
      expect(written).toContain('[redacted]');
      expect(written).not.toMatch(/hun|ter2|72462/);
    }
  });

  it.each<[unknown]>([
    [{ tokens: 12, tokenCount: 3, maxTokens: 1.5 }],
    [{ spinning: 'yes', ping: 'p', passed: 'a', hasPassword: true, password: null }],
    [['root/tokens', 'all of it']],
    ['a = b, tokens=12 at 5@noon, x == y'],
    ['see https://host:80/path, key: value'],
    [{ 'say "x":': 'a "quoted" word' }],
  ])('leaves what is none: %j', (value) => {
    expect(encode(value)).toBe(value);
    expect(encodeToText(value)).toBe(JSON.stringify(value));
  });

  it('records no stack of an error', () => {
    expect(JSON.stringify(encode(new Error('bad')))).not.toContain('codec.test');
  });

  it('cuts what is too deep, and cycles', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(encode(cycle)).toEqual({ self: { $: 'cycle' } });
    let deep: unknown = 1;
    for (let i = 0; i < 100; i += 1) deep = [deep];
    expect(isWhole(encode(deep))).toBe(false);
    expect(isWhole(encode([[1]]))).toBe(true);
  });

  it('survives what cannot be read', () => {
    const hostile = {
      get x() {
        throw new Error('no');
      },
    };
    expect(encode(hostile)).toEqual({ $: 'unreadable', message: 'no' });
  });

  it('names an actor by its id and path', () => {
    const actor = createActor(createMachine({}), { id: 'root' });
    expect(encode({ ref: actor })).toEqual({ ref: { $: 'actor', id: 'root', path: 'root' } });
  });

  it('keeps texts to the letter, NUL and halves of surrogate pairs too', () => {
    const odd = ['a\0b\ud800', { '\ude42': '\\u0000' }];
    expect(encode(odd)).toBe(odd);
    expect(JSON.parse(encodeToText(odd))).toEqual(odd);
  });
});

describe('encodeToText', () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      undefined,
      Number.NaN,
      -0,
      new Date(1),
      new StoreError('x'),
      'a@b',
      '//u:p@h',
      '\0',
      ['cookie', 'x'],
      [1, 'a', 'pin', 5],
      'password=x',
    ),
    fc.record({ password: fc.string(), $: fc.string() }, { requiredKeys: [] }),
    fc.record({ type: fc.string(), inner: fc.record({ secret: fc.constant('s'), x: fc.double() }) }),
  );

  it('writes what encode answers', () => {
    fc.assert(
      fc.property(odd, fc.dictionary(fc.string(), odd), (value, record) => {
        expect(encodeToText(value)).toBe(JSON.stringify(encode(value)));
        expect(encodeToText(record)).toBe(JSON.stringify(encode(record)));
        expect(encodeToText({ record, again: record, value })).toBe(
          JSON.stringify(encode({ record, again: record, value })),
        );
      }),
    );
  });

  it('survives what cannot be read', () => {
    const hostile = Object.defineProperty({ x: {} }, 'y', {
      enumerable: true,
      get() {
        throw new Error('no');
      },
    });
    expect(encodeToText(hostile)).toBe('{"$":"unreadable","message":"no"}');
  });
});

describe('decode', () => {
  it('gives back what JSON cannot hold', () => {
    const value = {
      gone: undefined,
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
      at: new Date(5),
      map: new Map<unknown, unknown>([['a', new Set([1n])]]),
      columns: Float64Array.of(1, 2),
      $: 'a key of its own',
    };
    expect(again(value)).toEqual(value);
  });

  it('gives an error back that is sorted as the first one was', () => {
    const error = again(new StoreError('away')) as Error;
    expect(failureKind(error)).toBe('store');
    expect(error).toMatchObject({ message: 'away', code: 'down' });
  });

  it('is the inverse of encode for any JSON without secrets', () => {
    // A key that names a secret has its value replaced: those are another test's.
    const plain = fc.string().filter((text) => !isSecretKey(text) && !mayHoldSecret(text));
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        plain,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('json')),
        fc.dictionary(plain, tie('json'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(json, (value) => {
        expect(again(value)).toEqual(value);
      }),
    );
  });
});
