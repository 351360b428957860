import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWholeFile } from '../../../src/cli/whole-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'whole-file-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const never = new AbortController().signal;

async function* text(...chunks: (string | Error)[]) {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk;
  }
}

describe('a whole file', () => {
  it('replaces the one before', async () => {
    const file = join(dir, 'journal.csv');
    writeFileSync(file, 'old');
    await writeWholeFile(file, text('a\n', 'b\n'), never);
    expect(readFileSync(file, 'utf8')).toBe('a\nb\n');
    expect(readdirSync(dir)).toEqual(['journal.csv']);
  });

  it('is not there, in whole or in part, when what it is made of fails', async () => {
    const file = join(dir, 'journal.csv');
    await expect(writeWholeFile(file, text('a\n', new Error('gone')), never)).rejects.toThrow('gone');
    expect(readdirSync(dir)).toEqual([]);
  });

  it('leaves the one before as it was when it is interrupted halfway', async () => {
    const file = join(dir, 'journal.csv');
    writeFileSync(file, 'old');
    const interrupt = new AbortController();
    async function* endless() {
      yield 'half';
      expect(readdirSync(dir)).toEqual([
        'journal.csv',
        expect.stringMatching(/^journal\.csv\.\d+\.partial$/),
      ]);
      interrupt.abort(new Error('interrupted'));
      await new Promise(() => undefined);
    }
    await expect(writeWholeFile(file, endless(), interrupt.signal)).rejects.toThrow('interrupted');
    expect(readdirSync(dir)).toEqual(['journal.csv']);
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  it.each([
    ['a folder', '', /found the folder ".*", expected a file/],
    ['a place in no folder', 'nowhere/journal.csv', /found no way to write ".*nowhere/],
  ])('is refused as wrong usage for %s', async (_, name, message) => {
    const writing = writeWholeFile(join(dir, name), text('a'), never);
    await expect(writing).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
    expect(readdirSync(dir)).toEqual([]);
  });
});
