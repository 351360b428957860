import { describe, expect, it } from 'vitest';
import { assign, setup } from 'xstate';
import { DrawMismatch, recorded, withPlayback } from '../../../src/inspect/draws.ts';
import { probed } from './probe.support.ts';

describe('what a transition reads from outside', () => {
  let time = 0;
  const now = recorded(() => {
    time += 1;
    return time;
  });
  const child = setup({}).createMachine({ context: () => ({ at: now() }) });
  const logic = setup({ actors: { child }, actions: { look: () => void now() } }).createMachine({
    context: () => ({ at: now() }),
    on: {
      go: { actions: [assign(() => ({ at: now() })), 'look', assign(() => ({ at: now() }))] },
      nest: { actions: assign(({ spawn }) => ({ at: now(), kid: spawn('child'), later: now() })) },
    },
  });

  it('is kept with its turn, except what custom actions and others read', () => {
    time = 0;
    const { actor, notebook } = probed(logic);
    actor.start();
    actor.send({ type: 'go' });
    now();
    actor.send({ type: 'nest' });
    expect(notebook.turns.map(({ record, draws }) => [record.kind, draws])).toEqual([
      ['machine', [1]],
      ['machine', [2, 4]],
      ['machine', [6, 8]],
      ['machine', [7]],
    ]);
  });

  it('comes from the recording while a turn is folded', () => {
    time = 100;
    expect(withPlayback([7, 8], () => [now(), now()])).toEqual([7, 8]);
    expect(time).toBe(100);
    expect(now()).toBe(101);
  });

  it('must be read as often as it was', () => {
    expect(() => withPlayback([7], () => [now(), now()])).toThrow(new DrawMismatch(1, 2));
    expect(() => withPlayback([7, 8], () => now())).toThrow(new DrawMismatch(2, 1));
  });
});
