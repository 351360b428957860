import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { failureKind } from '../../../machines/domain/failure.ts';
import { encodeToText } from '../../../src/inspect/codec.text.ts';
import { decode, encode, isWhole } from '../../../src/inspect/codec.ts';

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

  it('writes nothing that PostgreSQL refuses', () => {
    expect(JSON.stringify(encode('a\0b\ud800'))).toBe('"a\uFFFDb\uFFFD"');
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

  it('is the inverse of encode for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(again(value)).toEqual(value);
      }),
    );
  });
});
