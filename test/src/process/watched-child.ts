import { startWatchdog } from '../../../src/process/watchdog.ts';

// A process under a watchdog that does one thing, named by its first argument; what it is told goes to stdout.

const [, , what, hangMs = '400'] = process.argv;
const watchdog = startWatchdog({
  hangMs: Number(hangMs),
  repeatMs: 300,
  stallMs: Number(hangMs) / 2,
  now: Date.now,
  onStall: (stall) => process.stdout.write(`${JSON.stringify({ told: 'stall', ...stall })}\n`),
  onFault: (message) => process.stdout.write(`${JSON.stringify({ told: 'fault', message })}\n`),
});

function hold(path: string, ms: number): void {
  const turn = watchdog.turns.begin(watchdog.turns.numberOf(path));
  const until = performance.now() + ms;
  while (performance.now() < until) Math.sqrt(until);
  watchdog.turns.end(turn);
}

/** Runs work after some beats, with which the names have gone to the thread. */
const soon = (work: () => void): void => {
  watchdog.turns.numberOf('root/sessions/known');
  setTimeout(work, Number(hangMs));
};

const doings: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  idle: () => setTimeout(() => undefined, 3 * Number(hangMs)),
  'loop-known': () => soon(() => hold('root/sessions/known', Number.POSITIVE_INFINITY)),
  // Before the first beat, and before the thread stands.
  'loop-new': () => hold('root/sessions/new', Number.POSITIVE_INFINITY),
  'loop-nobody': () =>
    soon(() => {
      for (;;) Math.sqrt(2);
    }),
  'come-back': () => {
    soon(() => hold('root/sessions/known', 1_500));
    // It lives until it is killed.
    setInterval(() => undefined, 60_000);
  },
  stopped: () =>
    soon(async () => {
      await watchdog.stop();
      hold('root/sessions/known', 1_500);
    }),
};
doings[what ?? '']?.();
