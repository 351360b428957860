/**
 * Runs a question one at a time. Who asks while one runs gets the answer of the next run, shared with the others
 * that wait: an answer is never older than its question.
 */
export function singleFile<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | null = null;
  let next: Promise<T> | null = null;

  const start = (): Promise<T> => {
    // A run that throws at once is a run that failed.
    const current = (async () => run())();
    const settled = current.then(
      () => {},
      () => {},
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = null;
    });
    return current;
  };

  return () => {
    if (running === null) return start();
    next ??= running.then(() => {
      next = null;
      return start();
    });
    return next;
  };
}
