interface Waiting<In, Out> {
  readonly item: In;
  readonly done: (out: Out) => void;
  readonly fail: (error: unknown) => void;
}

/** Of one statement: more would hold up whoever waits for its connection. */
const LARGEST = 500;

/**
 * Groups what is written at one moment into one write, whose answers come in the order of its items. What comes while
 * one is under way goes with the next, so that a slow database makes batches larger, not the queue longer. When a batch
 * fails and `isOfAnItem` says that one of its items may be the reason, they are written one by one: an item that cannot
 * be stored is nobody else's failure.
 */
export function inBatches<In, Out>(
  write: (items: readonly In[]) => Promise<readonly Out[]>,
  isOfAnItem: (error: unknown) => boolean,
): (item: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = [];
  let isWriting = false;

  async function settle(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await write(batch.map(({ item }) => item));
      batch.forEach(({ done, fail }, at) => {
        const out = outs[at];
        if (out === undefined)
          fail(new Error(`a batch of ${batch.length} was answered ${outs.length} times`));
        else done(out);
      });
    } catch (error) {
      if (batch.length > 1 && isOfAnItem(error)) await Promise.all(batch.map((one) => settle([one])));
      else for (const { fail } of batch) fail(error);
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, LARGEST);
      waiting = waiting.slice(LARGEST);
      await settle(batch);
    }
    isWriting = false;
  }

  return (item) =>
    new Promise((done, fail) => {
      waiting.push({ item, done, fail });
      if (isWriting) return;
      isWriting = true;
      // Whoever decides in the same turn comes along.
      setImmediate(() => void writeAll());
    });
}
