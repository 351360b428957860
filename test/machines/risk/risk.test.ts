import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { RiskEvent } from '../../../machines/risk/risk.events.ts';
import { createRiskMachine } from '../../../machines/risk/risk.machine.ts';
import {
  type HeldBack,
  type RiskState,
  type RiskStatus,
  riskRefusal,
  strictest,
} from '../../../machines/risk/risk.status.ts';

function start(state: RiskState = 'active') {
  let now = 1_000;
  const emitted: RiskStatus[] = [];
  const status: RiskStatus = { state, since: 1, cause: 'stored', author: 'start' };
  const actor = createActor(
    createRiskMachine(() => now),
    { input: { status, parts: [] } },
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

const held: HeldBack = {
  scope: { kind: 'session', id: 'a' },
  status: { state: 'halted', since: 1, ...by('person') },
};

describe('risk', () => {
  it('begins with what was said last when it is started again, and can still be halted', () => {
    const said: RiskStatus = { state: 'active', since: 5, cause: 'resumed', author: 'person' };
    const actor = createActor(
      createRiskMachine(
        () => 9,
        () => ({ status: said, parts: [held] }),
      ),
      {
        input: {
          status: { state: 'halted', since: 1, cause: 'of the last run', author: 'person' },
          parts: [],
        },
      },
    ).start();
    expect(actor.getSnapshot().context).toEqual({ status: said, parts: [held] });
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
    expect(riskRefusal({ state, cause: 'a test' }, purpose)?.reason ?? null).toBe(reason);
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

  it('holds a part back by itself, lists it until it is let go, and emits each change', () => {
    const { actor, emitted, send } = start();
    const told: unknown[] = [];
    actor.on('risk.partChanged', ({ changed }) => told.push([changed.scope.id, changed.status.state]));
    const scope = (id: string) => ({ scope: { kind: 'session', id } as const });
    send({ type: 'risk.halt', ...by('person'), ...scope('a') });
    send({ type: 'risk.reduce', ...by('limit'), ...scope('b') });
    send({ type: 'risk.halt', ...by('limit'), ...scope('a') });
    expect(actor.getSnapshot().context.parts.map(({ scope: { id }, status }) => [id, status.state])).toEqual([
      ['a', 'halted'],
      ['b', 'reducing'],
    ]);
    send({ type: 'risk.resume', ...by('limit'), ...scope('a') });
    send({ type: 'risk.resume', ...by('limit'), ...scope('b') });
    send({ type: 'risk.resume', ...by('person'), ...scope('a') });
    expect(told).toEqual([
      ['a', 'halted'],
      ['b', 'reducing'],
      ['b', 'active'],
      ['a', 'active'],
    ]);
    expect(actor.getSnapshot()).toMatchObject({ value: 'active', context: { parts: [] } });
    expect(emitted).toEqual([]);
  });

  it.each(['active', 'reducing', 'halted'] as const)('holds parts back while the whole is %s', (state) => {
    const { actor, send } = start(state);
    send({ type: 'risk.halt', ...by('person'), scope: { kind: 'account', id: 'DU1' } });
    expect(actor.getSnapshot()).toMatchObject({
      value: state,
      context: { parts: [{ scope: { id: 'DU1' } }] },
    });
  });

  it.each<[RiskState, RiskState, RiskState, RiskState]>([
    ['active', 'active', 'active', 'active'],
    ['active', 'reducing', 'active', 'reducing'],
    ['reducing', 'active', 'halted', 'halted'],
    ['halted', 'reducing', 'reducing', 'halted'],
  ])(
    'of %s, its account %s and its session %s lets an order through what %s does',
    (whole, account, session, expected) => {
      const status = (state: RiskState, cause: string): RiskStatus => ({
        state,
        since: 0,
        ...by('person', cause),
      });
      const parts: HeldBack[] = [
        { scope: { kind: 'account', id: 'DU1' }, status: status(account, 'account') },
        { scope: { kind: 'session', id: 's' }, status: status(session, 'session') },
        { scope: { kind: 'session', id: 'other' }, status: status('halted', 'other') },
        { scope: { kind: 'account', id: 's' }, status: status('halted', 'an account of that name') },
      ];
      const found = strictest(status(whole, 'whole'), parts, { account: 'DU1', sessionId: 's' });
      expect(found.state).toBe(expected);
      if (whole === expected) expect(found.cause).toBe('whole');
    },
  );

  it('finishes when it is shut down', () => {
    const { actor, send } = start();
    send({ type: 'shutdown' });
    expect(actor.getSnapshot().status).toBe('done');
  });
});
