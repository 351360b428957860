/**
 * Resolves with the name of the first signal that asks this process to end. Later ones change nothing: a terminal,
 * npm and an impatient person may all send one, and the end that is under way must not be cut short by them.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => done(name));
  });
}
