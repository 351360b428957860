import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drillSteps } from '../../../src/cli/drill.steps.ts';
import type { DrillWorld } from '../../../src/cli/drill.world.ts';
import { readDrillRecord } from '../../../src/process/drill-record.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'drill-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const drill = () =>
  new Promise<{ code: number | null; out: string; err: string }>((done) => {
    const child = spawn(process.execPath, ['src/main.ts', 'drill', '--data', dir, '--json']);
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('close', (code) => done({ code, out, err }));
  });

describe('drill', () => {
  it('tries halt, reduce, resume and flatten from dashboard, command line and file, and keeps when it worked', async () => {
    const before = Date.now();
    const { code, out, err } = await drill();
    expect([code, err]).toEqual([0, '']);
    const record = readDrillRecord(dir);
    expect(JSON.parse(out)).toEqual(record);
    expect(record?.failure).toBeNull();
    expect(record?.workedAt).toBeGreaterThanOrEqual(before);
    expect(record?.steps.map(({ name }) => name)).toEqual([
      'a system of its own starts',
      ...drillSteps().map(({ name }) => name),
    ]);
  }, 120_000);

  it('finds out when an entry leaves although risk let none through', async () => {
    const step = drillSteps().find(({ name }) => name === 'the dashboard halts, and resumes');
    const world = {
      request: async (_: string, path: string) =>
        path === '/api/v1/orders' ? { ref: 'r', outcome: 'accepted', message: null } : {},
    } as unknown as DrillWorld;
    await expect(step?.run(world)).rejects.toThrow('an entry left while risk let none through');
  });

  it('does not take a refusal for another reason for that of the kill switch', async () => {
    const step = drillSteps().find(({ name }) => name === 'the dashboard halts, and resumes');
    const world = {
      request: async (_: string, path: string) => {
        if (path === '/api/v1/orders') throw new Error('price: found none');
        return {};
      },
    } as unknown as DrillWorld;
    await expect(step?.run(world)).rejects.toThrow('price: found none');
  });
});
