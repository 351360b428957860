import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type KillCommand,
  readKillFile,
  removeKillFiles,
  writeKillFile,
} from '../../../src/process/kill-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kill-file-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('kill files', () => {
  it('are none in an empty folder, and none in one that is not there', () => {
    expect(readKillFile(dir)).toBeNull();
    expect(readKillFile(join(dir, 'nowhere'))).toBeNull();
  });

  it('are commands by their names, with what they say as the cause', () => {
    const path = writeKillFile(dir, 'reduce', 'news at noon');
    expect(readKillFile(dir)).toMatchObject({ command: 'reduce', path, cause: 'file REDUCE: news at noon' });
  });

  it('need say nothing', () => {
    writeFileSync(join(dir, 'HALT'), '');
    expect(readKillFile(dir)).toMatchObject({ command: 'halt', cause: 'file HALT' });
  });

  it('count by the strictest', () => {
    for (const command of ['flatten', 'reduce', 'halt'] as const) writeKillFile(dir, command, 'a test');
    expect(readKillFile(dir)?.command).toBe('flatten');
  });

  it.each<[KillCommand | 'resume', string[], string | undefined]>([
    ['resume', ['REDUCE', 'HALT', 'FLATTEN'], undefined],
    ['reduce', ['HALT', 'FLATTEN'], 'reduce'],
    ['halt', ['FLATTEN'], 'halt'],
    ['flatten', [], 'flatten'],
  ])('that hold back more than %s are taken away for it', (command, names, left) => {
    for (const each of ['reduce', 'halt', 'flatten'] as const) writeKillFile(dir, each, 'a test');
    expect(removeKillFiles(dir, command)).toEqual(names.map((name) => join(dir, name)));
    expect(readKillFile(dir)?.command).toBe(left);
  });
});
