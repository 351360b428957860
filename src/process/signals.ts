/** Resolves with the name of the first signal that asks this process to end. Later ones are not caught. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((done) => {
    const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const heard = (name: NodeJS.Signals): void => {
      for (const each of names) process.off(each, heard);
      done(name);
    };
    for (const name of names) process.on(name, heard);
  });
}
