import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { RiskEvent } from '../../../machines/risk/risk.events.ts';
import { createRiskMachine } from '../../../machines/risk/risk.machine.ts';
import { type RiskState, type RiskStatus, riskRefusal } from '../../../machines/risk/risk.status.ts';

function start(state: RiskState = 'active') {
  let now = 1_000;
  const emitted: RiskStatus[] = [];
  const status: RiskStatus = { state, since: 1, cause: 'stored', author: 'start' };
  const actor = createActor(
    createRiskMachine(() => now),
    { input: { status } },
  );
  actor.on('risk.changed', (event) => emitted.push(event.status));
  actor.start();
  const send = (event: RiskEvent) => {
    now += 1;
    actor.send(event);
  };
  return { actor, emitted, send, status: () => actor.getSnapshot().context.status };
}
const by = (author: RiskStatus['author'], cause = 'a cause') => ({ author, cause });

describe('risk', () => {
  it('begins with what was said last when it is started again, and can still be halted', () => {
    const said: RiskStatus = { state: 'active', since: 5, cause: 'resumed', author: 'person' };
    const actor = createActor(
      createRiskMachine(
        () => 9,
        () => said,
      ),
      { input: { status: { state: 'halted', since: 1, cause: 'of the last run', author: 'person' } } },
    ).start();
    expect(actor.getSnapshot().context.status).toEqual(said);
    actor.send({ type: 'risk.halt', ...by('person') });
    expect(actor.getSnapshot().value).toBe('halted');
  });

  it.each([
    ['active', 'entry', null],
    ['active', 'exit', null],
    ['reducing', 'entry', 'riskReducing'],
    ['reducing', 'exit', null],
    ['halted', 'entry', 'riskHalted'],
    ['halted', 'exit', 'riskHalted'],
  ] as const)('answers an order in %s that is an %s with %s', (state, purpose, reason) => {
    expect(riskRefusal({ state, since: 0, ...by('person') }, purpose)?.reason ?? null).toBe(reason);
  });

  it.each(['active', 'reducing', 'halted'] as const)('starts %s when that is what was stored', (state) => {
    const { actor, status, emitted } = start(state);
    expect(actor.getSnapshot().value).toBe(state);
    expect(status()).toMatchObject({ since: 1, cause: 'stored' });
    expect(emitted).toEqual([]);
  });

  it('emits each change with its cause, author and time', () => {
    const { send, emitted } = start();
    send({ type: 'risk.halt', ...by('limit', 'daily loss of 5 %') });
    send({ type: 'risk.resume', ...by('person', 'looked into it') });
    expect(emitted).toEqual([
      { state: 'halted', since: 1_001, cause: 'daily loss of 5 %', author: 'limit' },
      { state: 'active', since: 1_002, cause: 'looked into it', author: 'person' },
    ]);
  });

  it('keeps the first cause when it is asked for what holds already', () => {
    const { send, emitted, status } = start();
    send({ type: 'risk.halt', ...by('limit', 'first') });
    send({ type: 'risk.halt', ...by('person', 'second') });
    expect(emitted).toHaveLength(1);
    expect(status().cause).toBe('first');
  });

  it('is loosened by a person only, or out of a reduction by who asked for it', () => {
    const order: Record<RiskState, number> = { active: 0, reducing: 1, halted: 2 };
    const anyEvent = fc.record({
      type: fc.constantFrom('risk.halt', 'risk.reduce', 'risk.resume'),
      author: fc.constantFrom('person', 'limit', 'supervisor', 'start'),
      cause: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(anyEvent), fc.constantFrom('active', 'reducing', 'halted'), (events, state) => {
        const { actor, send, status } = start(state);
        for (const event of events) {
          const before = status();
          send(event);
          expect(status().state).toBe(actor.getSnapshot().value);
          const loosened = order[status().state] < order[before.state];
          const mayEndIt = before.state === 'reducing' && before.author === event.author;
          if (loosened) expect(event.author === 'person' || mayEndIt).toBe(true);
        }
      }),
    );
  });

  it('finishes when it is shut down', () => {
    const { actor, send } = start();
    send({ type: 'shutdown' });
    expect(actor.getSnapshot().status).toBe('done');
  });
});
