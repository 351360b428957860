import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlFile } from '../../../src/process/control-record.ts';
import { CONTROL, type Harness, harness } from '../http/harness.ts';

/** The command beside a web server whose journal has 1500 entries. */
let server: Harness;
let dir: string;
const LENGTH = 1500;

beforeAll(async () => {
  server = harness();
  server.runtime.journal.list = async (query) => {
    server.runtime.calls.push(['journal', query]);
    const first = (query.afterSeq ?? 0) + 1;
    const items = Array.from({ length: Math.min(query.limit, LENGTH - first + 1) }, (_, index) => ({
      ...{ seq: first + index, at: 1_767_323_045_000, actor: 'root', kind: 'crash' as const },
      ...{ cause: null, version: null, data: { error: 'a, "b"' } },
    }));
    const last = items.at(-1)?.seq ?? LENGTH;
    return { items, next: last === LENGTH ? null : last };
  };
  const url = await server.app.listen({ port: 0, host: '127.0.0.1' });
  dir = mkdtempSync(join(tmpdir(), 'export-'));
  writeFileSync(join(dir, controlFile), JSON.stringify({ url, token: CONTROL, pid: process.pid }));
});
afterAll(async () => {
  await server.app.close();
  rmSync(dir, { recursive: true });
});

let child: ChildProcess | null = null;
const run = (...words: string[]) =>
  new Promise<{ code: number | string | null; out: string; err: string }>((done) => {
    const all = ['src/main.ts', 'export', 'journal', '--data', dir, ...words];
    child = execFile(process.execPath, all, (error, out, err) => done({ code: error?.code ?? 0, out, err }));
  });

describe('export journal', () => {
  it('prints JSON lines of every page, asked as its flags say', async () => {
    server.runtime.calls.length = 0;
    const flags = [
      '--actor',
      'root/broker',
      '--kind',
      'crash,restart',
      '--from',
      '2026-01-01',
      '--to',
      '2026-02-01',
    ];
    const { code, out, err } = await run('--json', ...flags);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const seqs = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq);
    expect([seqs.length, seqs[0], seqs.at(-1)]).toEqual([LENGTH, 1, LENGTH]);
    expect(server.runtime.calls[0]?.[1]).toEqual({
      actor: 'root/broker',
      below: true,
      kinds: ['crash', 'restart'],
      from: Date.UTC(2026, 0, 1),
      to: Date.UTC(2026, 1, 1),
      limit: 1000,
      order: 'oldest',
    });
  });

  it('writes a CSV file by its name, and says how much', async () => {
    const file = join(dir, 'journal.csv');
    const { code, out } = await run('--out', file, '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { entries: LENGTH, file }]);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\r\n');
    expect([lines.length, lines[0]]).toEqual([LENGTH + 1, 'seq,time,at,actor,kind,cause,version,data']);
    expect(readdirSync(dir).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it.each([
    [['--from', 'yesterday'], 2, 'found "yesterday", expected an ISO 8601 time or epoch milliseconds'],
    [['--kind', 'crush'], 2, 'found "crush", expected some of run, spawn'],
    [['--from', '2026-02-01', '--to', '2026-01-01'], 2, 'expected a time before "to"'],
    [['--json', '--format', 'csv'], 2, 'expected one of them'],
    [['--out', '/nowhere/journal.csv'], 2, 'expected a folder that can be written'],
  ])('refuses %j as wrong usage', async (words, code, text) => {
    const answer = await run(...words);
    expect(answer).toMatchObject({ code, out: '', err: expect.stringContaining(text) });
  });

  it('leaves no file when the system goes away halfway', async () => {
    const list = server.runtime.journal.list;
    server.runtime.journal.list = async (query) => {
      if (query.afterSeq !== undefined) throw new Error('gone');
      return list(query);
    };
    const before = readdirSync(dir);
    const { code, err } = await run('--out', join(dir, 'half.jsonl'));
    server.runtime.journal.list = list;
    expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
    expect(readdirSync(dir)).toEqual(before);
  });

  it('leaves no file when it is interrupted while it waits for a page', async () => {
    const list = server.runtime.journal.list;
    server.runtime.journal.list = async (query) => {
      if (query.afterSeq === undefined) return list(query);
      child?.kill('SIGINT');
      return new Promise(() => undefined);
    };
    const before = readdirSync(dir);
    const { code, err } = await run('--out', join(dir, 'half.jsonl'));
    server.runtime.journal.list = list;
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/found SIGINT after 1000 entries.*was not written/),
    ]);
    expect(readdirSync(dir)).toEqual(before);
  });
});
