import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Stall, startWatchdog, type Watchdog } from '../../../src/process/watchdog.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

function burn(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
}

/** Watches this process; `next` resolves with the next stall that is at least so long. */
function watch() {
  const stalls: Stall[] = [];
  const faults: string[] = [];
  const waiting: ((stall: Stall) => void)[] = [];
  const watchdog: Watchdog = startWatchdog({
    now: Date.now,
    onStall: (stall) => {
      stalls.push(stall);
      if (stall.ms > 100) waiting.shift()?.(stall);
    },
    onFault: (message) => faults.push(message),
  });
  undo.push(() => watchdog.stop());
  const { turns } = watchdog;
  return {
    watchdog,
    stalls,
    faults,
    next: () => new Promise<Stall>((done) => waiting.push(done)),
    hold(path: string, ms: number, inside?: () => void) {
      const turn = turns.begin(turns.numberOf(path));
      burn(ms);
      inside?.();
      turns.end(turn);
    },
  };
}

/** Runs `watched-child.ts`; `err` and `out` are what it has written so far. */
function run(what: string, hangMs?: number) {
  const script = fileURLToPath(new URL('./watched-child.ts', import.meta.url));
  const args = hangMs === undefined ? [what] : [what, String(hangMs)];
  const child: ChildProcess = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  undo.push(() => child.kill('SIGKILL'));
  const written = { out: '', err: '' };
  child.stdout?.on('data', (data: Buffer) => {
    written.out += String(data);
  });
  child.stderr?.on('data', (data: Buffer) => {
    written.err += String(data);
  });
  return { child, written, closed: once(child, 'close') };
}

describe('a stall of the event loop', () => {
  it('is told with the actor that held it', async () => {
    const { next, hold, watchdog } = watch();
    const told = next();
    hold('root/sessions/heavy', 200);
    const stall = await told;
    expect(stall.culprit).toBe('root/sessions/heavy');
    expect(stall.culpritMs).toBeGreaterThanOrEqual(200);
    expect(stall.ms).toBeGreaterThanOrEqual(stall.culpritMs);
    expect(stall.ms).toBeLessThan(2_000);
    expect(Math.abs(stall.at - Date.now())).toBeLessThan(2_000);
    expect(watchdog.worstMs()).toBeGreaterThanOrEqual(stall.ms);
  });

  it('names the actor inside, not the one that sent to it', async () => {
    const { next, hold } = watch();
    const told = next();
    hold('parent', 5, () => hold('child', 150));
    expect((await told).culprit).toBe('child');
  });

  it('names nobody when no actor was at work', async () => {
    const { next } = watch();
    const told = next();
    burn(200);
    expect(await told).toMatchObject({ culprit: null, culpritMs: 0 });
  });

  it('does not blame an actor for what came before the last beat', async () => {
    const { next, hold } = watch();
    const first = next();
    hold('early', 150);
    await first;
    const second = next();
    burn(150);
    expect((await second).culprit).toBeNull();
  });

  it('names whom somebody else has timed', async () => {
    const { next, watchdog } = watch();
    const told = next();
    burn(150);
    watchdog.turns.noteTurn('root/bus', 150);
    expect((await told).culprit).toBe('root/bus');
  });

  it('is told no more after the stop, which is no fault', async () => {
    const { watchdog, stalls, faults, hold } = watch();
    await watchdog.stop();
    const before = stalls.length;
    hold('a', 150);
    await new Promise((done) => setImmediate(done));
    expect([stalls.length - before, faults]).toEqual([0, []]);
  });
});

describe('an event loop that does not come back', () => {
  it.each([
    ['loop-known', 'actor root/sessions/known'],
    ['loop-new', 'actor root/sessions/new'],
    ['loop-nobody', 'something that is no actor'],
  ])('is told on standard error while it hangs, and again: %s', async (what, who) => {
    const { child, written } = run(what);
    const line = new RegExp(
      `^tradewarden watchdog: the event loop has been held up for \\d\\.\\d s by ${who}; nothing is ended$`,
      'gm',
    );
    await expect.poll(() => written.err.match(line)?.length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect([child.exitCode, child.signalCode], 'it is still there').toEqual([null, null]);
    expect(written.err.replace(line, '').trim()).toBe('');
  });

  it('is told once more when it has come back, and by the event loop itself', async () => {
    const { written } = run('come-back');
    const back = /^tradewarden watchdog: the event loop is back after 1\.\d s$/m;
    await expect.poll(() => written.err, { timeout: 20_000 }).toMatch(back);
    expect(written.err.replace(back, '')).toMatch(
      /^tradewarden watchdog: .* held up for .*known; nothing is ended$/m,
    );
    const told = () =>
      [...written.out.matchAll(/"told":"(\w+)".*"ms":1\d{3}.*"culprit":"([^"]+)"/g)].map((match) =>
        match.slice(1),
      );
    await expect.poll(told, { timeout: 20_000 }).toEqual([['stall', 'root/sessions/known']]);
  });

  it('is told by nobody after the stop', async () => {
    const { written, closed } = run('stopped');
    expect(await closed).toEqual([0, null]);
    expect(written).toEqual({ out: '', err: '' });
  });
});

describe('a watchdog', () => {
  it('does not keep a process alive that has nothing to do', async () => {
    const { written, closed } = run('nothing');
    expect(await closed).toEqual([0, null]);
    expect(written).toEqual({ out: '', err: '' });
  });

  it('tells nothing of an event loop that is idle', async () => {
    const { written, closed } = run('idle', 1_000);
    expect(await closed).toEqual([0, null]);
    expect(written).toEqual({ out: '', err: '' });
  });
});
