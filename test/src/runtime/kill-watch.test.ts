import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RiskStatus } from '../../../machines/risk/risk.status.ts';
import {
  type KillCommand,
  type KillFile,
  removeKillFiles,
  writeKillFile,
} from '../../../src/process/kill-file.ts';
import { heldByFile, KillWatch } from '../../../src/runtime/kill-watch.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kill-watch-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function watching() {
  const obeyed: KillCommand[] = [];
  const faults: string[] = [];
  const refusals: Error[] = [];
  let look = (): void => undefined;
  const watch = new KillWatch({
    dir,
    obey: ({ command }) => {
      const refusal = refusals.shift();
      if (refusal !== undefined) throw refusal;
      obeyed.push(command);
    },
    onFault: (message) => faults.push(message),
    every: (each) => {
      look = each;
      return () => undefined;
    },
  });
  return { obeyed, faults, refusals, watch, look: () => look() };
}

describe('the watch for kill files', () => {
  it('has one that is there at the start obeyed at once, and one that comes later once', () => {
    writeKillFile(dir, 'reduce', 'before');
    const { watch, obeyed, look } = watching();
    watch.start();
    expect(obeyed).toEqual(['reduce']);
    writeKillFile(dir, 'halt', 'later');
    for (let n = 0; n < 3; n += 1) look();
    expect(obeyed).toEqual(['reduce', 'halt']);
  });

  it('has one obeyed again that was written again, or taken away and written', () => {
    const { watch, obeyed, look } = watching();
    const path = writeKillFile(dir, 'flatten', 'once');
    watch.start();
    utimesSync(path, 5, 5);
    look();
    removeKillFiles(dir, 'resume');
    look();
    writeKillFile(dir, 'flatten', 'again');
    look();
    expect(obeyed).toEqual(['flatten', 'flatten', 'flatten']);
  });

  it('tries again while it cannot be obeyed, and says so', () => {
    const { watch, obeyed, faults, refusals, look } = watching();
    refusals.push(new Error('risk is being started again'));
    writeKillFile(dir, 'halt', 'a test');
    watch.start();
    expect([obeyed, faults]).toEqual([
      [],
      ['The kill file is not obeyed yet, and is tried again: risk is being started again'],
    ]);
    look();
    expect(obeyed).toEqual(['halt']);
  });
});

describe('what holds with a file from the first moment on', () => {
  const file = (command: KillCommand): KillFile => ({ command, path: '', cause: 'file', writtenAt: 1 });
  it.each<[RiskStatus['state'], KillCommand | null, RiskStatus['state']]>([
    ['active', null, 'active'],
    ['active', 'reduce', 'reducing'],
    ['active', 'halt', 'halted'],
    ['reducing', 'flatten', 'halted'],
    ['halted', 'reduce', 'halted'],
    ['reducing', 'reduce', 'reducing'],
  ])('of %s with %s is %s', (state, command, expected) => {
    const risk: RiskStatus = { state, since: 1, cause: 'stored', author: 'person' };
    const held = heldByFile(risk, command === null ? null : file(command), 9);
    expect(held.state).toBe(expected);
    expect(held.cause).toBe(state === expected ? 'stored' : 'file');
  });
});
