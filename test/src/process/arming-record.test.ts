import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readArming, removeArming, writeArming } from '../../../src/process/arming-record.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'arming-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('the record that arms live trading', () => {
  const arming = { account: 'U1', by: 'ann', at: 1, until: 2 };

  it('is read as it was written, by its owner only, until it is taken away', () => {
    const path = writeArming(dir, arming);
    expect(readArming(dir)).toEqual(arming);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    removeArming(dir);
    removeArming(dir);
    expect(readArming(dir)).toBeNull();
  });

  it.each(['', '{', '{"account":"U1"}', '{"account":"U1","by":"ann","at":1,"until":"tomorrow"}'])(
    'arms nothing when it says %j',
    (text) => {
      writeFileSync(join(dir, 'arming.json'), text);
      expect(readArming(dir)).toBeNull();
    },
  );
});
