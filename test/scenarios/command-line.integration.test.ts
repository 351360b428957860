import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busySystem } from '../support/busy-market.ts';
import { prepareSystem, type TestSystem, until } from '../support/system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await prepareSystem(busySystem());
  await system.start();
}, 90_000);
afterAll(() => system.cleanup());

/** Runs a command as a person does; answers what it printed and its exit code. */
function command(...words: string[]): { code: number | null; out: string; err: string } {
  const run = spawnSync(process.execPath, ['src/main.ts', ...words], { encoding: 'utf8', timeout: 30_000 });
  return { code: run.status, out: run.stdout, err: run.stderr };
}
const here = (...words: string[]) => command(...words, '--data', system.dataDir);
const firstSession = (): { id: string; desired: string; state: string } =>
  JSON.parse(here('sessions', 'list', '--json').out)[0];

describe('the command line beside a running system', () => {
  it('lists the sessions, for people and as JSON', () => {
    const { id } = firstSession();
    const { code, out, err } = here('sessions', 'list');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^ID +STATE +WANTED/);
    expect(out).toContain(id);
  });

  it('pauses and resumes a session', async () => {
    const { id } = firstSession();
    expect(here('sessions', 'pause', id).code).toBe(0);
    expect(firstSession().desired).toBe('paused');
    expect(here('sessions', 'resume', id).code).toBe(0);
    expect(firstSession().desired).toBe('running');
  });

  it('explains why a session did or did not trade', async () => {
    const { id } = firstSession();
    const told = await until('a decision is told', () => {
      const { code, out } = here('sessions', 'explain', id);
      return code === 0 ? out : null;
    });
    expect(told).toMatch(/^bar \d{4}-\d{2}-\d{2}T.* close [\d.]+: (no order \(\w+\)|ordered (BUY|SELL) \d+)/);
  });

  it('creates a session from a file, and refuses the same id again', () => {
    const file = join(system.configDir, 'extra.yaml');
    writeFileSync(
      file,
      'id: extra\ninstrument: { symbol: SP500 }\ntimeframe: 1d\nstrategy: sma-10-30\nactive: false\n',
    );
    const created = here('sessions', 'create', file, '--json');
    expect({ code: created.code, err: created.err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(created.out)).toMatchObject({ id: 'extra', desired: 'stopped', origin: 'dashboard' });
    const again = here('sessions', 'create', file);
    expect(again.code).toBe(1);
    expect(again.err.trim().split('\n')).toEqual([expect.stringContaining('found "extra" in use')]);
  });

  it('reconciles with the broker, and says that both sides agree', () => {
    const run = here('reconcile', '--json');
    expect(run.code).toBe(0);
    expect(JSON.parse(run.out)).toMatchObject({ accepted: false, differences: [] });
    expect(here('reconcile').out).toMatch(/compared with the broker: both sides agree/);
  });

  it('halts everything and lets it go on', () => {
    expect(JSON.parse(here('halt', '--cause', 'a drill', '--json').out)).toMatchObject({
      state: 'halted',
      cause: 'a drill',
      author: 'person',
    });
    expect(here('resume').out).toContain('risk is active');
  });

  it('prints a new login link that is good once', async () => {
    const { code, out } = here('login');
    expect(code).toBe(0);
    expect(out.trim()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\?token=[\w-]{43}$/);
    expect((await fetch(out.trim())).status).toBe(200);
  });

  it.each([
    [['sessions', 'show', 'nobody'], 1, 'found no "nobody"'],
    [['sessions', 'explain', 'extra', '--bar', 'yesterday'], 2, 'expected an ISO 8601 time'],
    [['sessions', 'create', '/nowhere.yaml'], 2, 'found no file "/nowhere.yaml"'],
  ])('answers %j with one line', (words, code, text) => {
    const run = here(...words);
    expect(run.code).toBe(code);
    expect(run.err.trim().split('\n')).toEqual([expect.stringContaining(text)]);
  });

  it('says so where nothing runs', () => {
    const run = command('sessions', 'list', '--data', join(system.configDir, 'nothing'));
    expect(run.code).toBe(1);
    expect(run.err.trim().split('\n')).toEqual([expect.stringContaining('found no running Tradewarden')]);
  });
});
