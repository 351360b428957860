import { afterEach, describe, expect, it, vi } from 'vitest';
import { assign, fromCallback, type fromPromise, sendTo, setup } from 'xstate';
import { culpritOf, failActor } from '../../../src/inspect/attribution.ts';
import { settle } from '../../support/clock.ts';
import { probed } from './probe.support.ts';

const parentOf = (child: ReturnType<typeof fromCallback> | ReturnType<typeof fromPromise>) =>
  setup({ actors: { child } }).createMachine({
    context: { heard: [] as string[] },
    invoke: { id: 'child', src: 'child' },
    on: {
      'to.child': { actions: sendTo('child', ({ event }) => event.inner) },
      '*': { actions: assign({ heard: ({ context, event }) => [...context.heard, event.type] }) },
    },
  });

/** Whoever the process names as the culprit of the next failure that nobody caught. */
async function culpritOfNext(event: 'uncaughtException' | 'unhandledRejection', cause: () => void) {
  // Vitest has handlers of its own, which would make the test fail.
  const others = process.listeners(event as 'uncaughtException');
  process.removeAllListeners(event);
  try {
    return await new Promise<string | null>((resolve) => {
      process.once(event as 'uncaughtException', () => resolve(culpritOf()?.id ?? null));
      cause();
    });
  } finally {
    for (const other of others) process.on(event as 'uncaughtException', other);
  }
}

afterEach(() => vi.useRealTimers());

describe('a failure that no actor caught', () => {
  it('in a timer of a callback belongs to the callback', async () => {
    const { actor } = probed(
      parentOf(
        fromCallback(() => {
          setTimeout(() => {
            throw new Error('bad');
          }, 1);
        }),
      ),
    );
    expect(await culpritOfNext('uncaughtException', () => actor.start())).toBe('child');
  });

  it('in a promise that a listener of a callback forgot belongs to the callback', async () => {
    const { actor } = probed(
      parentOf(
        fromCallback(({ receive }) => {
          receive(() => void Promise.resolve().then(() => Promise.reject(new Error('bad'))));
        }),
      ),
    );
    actor.start();
    expect(
      await culpritOfNext('unhandledRejection', () =>
        actor.send({ type: 'to.child', inner: { type: 'go' } }),
      ),
    ).toBe('child');
  });

  it('in an async custom action belongs to the machine', async () => {
    const logic = setup({
      actions: {
        save: async () => {
          await Promise.resolve();
          throw new Error('bad');
        },
      },
    }).createMachine({ on: { go: { actions: 'save' } } });
    const { actor } = probed(logic);
    actor.start();
    expect(await culpritOfNext('unhandledRejection', () => actor.send({ type: 'go' }))).toBe('root');
  });

  it('outside every actor belongs to none', async () => {
    const cause = () =>
      void setTimeout(() => {
        throw new Error('bad');
      }, 1);
    expect(await culpritOfNext('uncaughtException', cause)).toBeNull();
  });
});

describe('an actor that is told to fail', () => {
  const closed = vi.fn();
  const source = fromCallback(({ sendBack }) => {
    const timer = setInterval(() => sendBack({ type: 'news' }), 1);
    return () => {
      clearInterval(timer);
      closed();
    };
  });

  it('fails as if its logic had thrown: its parent hears it, its cleanup runs, it is silent', async () => {
    const { actor, notebook } = probed(parentOf(source));
    actor.start();
    const { child } = actor.getSnapshot().children;
    if (child === undefined) throw new Error('expected a child');
    expect(failActor(child, new Error('bad'))).toBe(true);
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(notebook.crashes).toMatchObject([{ path: 'root/child', error: new Error('bad') }]);
    expect(failActor(child, new Error('again')), 'it has ended').toBe(false);
    await settle();
    expect(actor.getSnapshot().context.heard).toHaveLength(1);
  });

  it('fails as a machine after the events that wait, and leaves nothing running', () => {
    const child = setup({ actors: { source } }).createMachine({
      invoke: { src: 'source' },
      on: {
        go: {
          actions: ({ self }) => {
            self.send({ type: 'noted' });
            failActor(self, new Error('bad'));
          },
        },
        noted: {},
      },
    });
    const { actor, notebook } = probed(parentOf(child as never));
    actor.start();
    closed.mockClear();
    actor.send({ type: 'to.child', inner: { type: 'go' } });
    expect(notebook.told()).toContain('root/child noted');
    expect(actor.getSnapshot().context.heard).toEqual(['xstate.error.actor.child']);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('does nothing as the root, which nobody would hear', () => {
    const { actor, errors } = probed(parentOf(source));
    actor.start();
    expect(failActor(actor, new Error('bad'))).toBe(false);
    expect(errors).toEqual([]);
    actor.stop();
  });
});
