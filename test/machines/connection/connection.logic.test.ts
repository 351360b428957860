import { describe, expect, it } from 'vitest';
import { farmOf, updateFarms } from '../../../machines/connection/connection.logic.ts';

describe('farmOf', () => {
  it.each([
    [2103, 'Market data farm connection is broken:usfarm', 'usfarm', 'market', 'broken'],
    [2104, 'Market data farm connection is OK:usfarm.nj', 'usfarm.nj', 'market', 'ok'],
    [2105, 'HMDS data farm connection is broken:ushmds', 'ushmds', 'historical', 'broken'],
    [2106, 'HMDS data farm connection is OK:ushmds', 'ushmds', 'historical', 'ok'],
    [
      2107,
      'HMDS data farm connection is inactive but should be available upon demand.ushmds',
      'ushmds',
      'historical',
      'inactive',
    ],
    [
      2108,
      'Market data farm connection is inactive but should be available upon demand.eufarm',
      'eufarm',
      'market',
      'inactive',
    ],
    [2119, 'Market data farm is connecting:usfarm', 'usfarm', 'market', 'inactive'],
    [2157, 'Sec-def data farm connection is broken:secdefnj', 'secdefnj', 'secdef', 'broken'],
    [2158, 'Sec-def data farm connection is OK:secdefnj', 'secdefnj', 'secdef', 'ok'],
  ] as const)('reads %i as a farm with its state', (code, message, name, kind, state) => {
    expect(farmOf(code, message)).toEqual({ name, kind, state });
  });

  it.each([1100, 1102, 326, 202, 4711])('reads %i as no farm', (code) => {
    expect(farmOf(code, 'something:else')).toBeNull();
  });
});

describe('updateFarms', () => {
  const ok = { name: 'usfarm', kind: 'market', state: 'ok' } as const;

  it('keeps the moment since which a farm is as it is', () => {
    const once = updateFarms([], ok, 1);
    expect(updateFarms(once, ok, 2)).toBe(once);
  });

  it('keeps farms of the same name and another kind apart', () => {
    const farms = updateFarms(updateFarms([], ok, 1), { ...ok, kind: 'secdef', state: 'broken' }, 2);
    expect(farms).toHaveLength(2);
  });

  it('replaces the state of a farm', () => {
    const farms = updateFarms(updateFarms([], ok, 1), { ...ok, state: 'broken' }, 2);
    expect(farms).toEqual([{ ...ok, state: 'broken', since: 2 }]);
  });
});
