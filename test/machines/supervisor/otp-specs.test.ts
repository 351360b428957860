import { describe, expect, it } from 'vitest';
import {
  autoShutdowns,
  type ChildSpec,
  childFault,
  maxChildren,
  restartTypes,
  specFault,
} from '../../../machines/supervisor/child-spec.ts';
import { spec, startSupervisor } from './parts.ts';

const worker: ChildSpec = { id: 'a', logic: 'worker', restart: 'transient', shutdownMs: 1_000 };
const fault = (more: object, autoShutdown: (typeof autoShutdowns)[number] = 'never') =>
  specFault({ ...worker, ...more }, ['worker'], autoShutdown);

describe('a child spec', () => {
  it.each([
    ['no id', { id: '' }, 'badId'],
    ['an id that is no text', { id: 7 }, 'badId'],
    ['an unknown logic', { logic: 'nothing' }, 'unknownLogic'],
    ['no logic', { logic: undefined }, 'unknownLogic'],
    ['a misspelt restart', { restart: 'prmanent' }, 'badRestart'],
    ['no restart', { restart: undefined }, 'badRestart'],
    ['a shutdown below 0', { shutdownMs: -10 }, 'badShutdown'],
    ['a shutdown of part of a millisecond', { shutdownMs: 0.5 }, 'badShutdown'],
    ['a shutdown beyond what a timer can hold', { shutdownMs: 2 ** 31 }, 'badShutdown'],
    ['a shutdown that is not a number', { shutdownMs: Number.NaN }, 'badShutdown'],
    ['a shutdown in words', { shutdownMs: 'brutal_kill' }, 'badShutdown'],
    ['an infinite number as shutdown', { shutdownMs: Number.POSITIVE_INFINITY }, 'badShutdown'],
    ['significant in words', { significant: 'maybe' }, 'badSignificant'],
  ])('with %s is refused', (_, more, code) => {
    expect(fault(more)?.code).toBe(code);
  });

  it.each([
    ['a shutdown of 0', { shutdownMs: 0 }],
    ['the longest shutdown that a timer can hold', { shutdownMs: 2 ** 31 - 1 }],
    ['an infinite shutdown', { shutdownMs: 'infinity' }],
    ['fields that nobody knows', { dummy: true }],
  ])('with %s is accepted', (_, more) => {
    expect(fault(more)).toBeNull();
  });

  const combinations = autoShutdowns.flatMap((autoShutdown) =>
    restartTypes.flatMap((restart) =>
      [true, false, undefined].map((significant) => {
        const isBad = significant === true && (restart === 'permanent' || autoShutdown === 'never');
        return { autoShutdown, restart, significant, isBad, verdict: isBad ? 'refused' : 'accepted' };
      }),
    ),
  );
  it.each(combinations)(
    'that is $restart with significant $significant under $autoShutdown is $verdict',
    ({ autoShutdown, restart, significant, isBad }) => {
      const more = significant === undefined ? { restart } : { restart, significant };
      expect(fault(more, autoShutdown)?.code ?? null).toBe(isBad ? 'badCombination' : null);
    },
  );

  it('of an id that another has is refused', () => {
    expect(childFault(worker, [worker], ['worker'])).toMatchObject({ code: 'duplicateId' });
  });

  it('beyond the most children is refused, with a hint at groups', () => {
    const present = Array.from({ length: maxChildren }, (_, i) => ({ ...worker, id: `c${i}` }));
    expect(childFault(worker, present.slice(1), ['worker'])).toBeNull();
    expect(childFault(worker, present, ['worker'])).toMatchObject({
      code: 'tooManyChildren',
      message: expect.stringContaining('groups'),
    });
  });

  it('is refused in a sentence that says what was found and what was expected', () => {
    expect(fault({ restart: 'prmanent' })?.message).toBe(
      'child "a": found restart "prmanent", expected one of permanent, transient, temporary',
    );
  });
});

describe('the flags of a supervisor', () => {
  const backoff = { minMs: 100, maxMs: 5_000, factor: 2, jitterFraction: 0 };
  it.each([
    ['an unknown strategy', { strategy: 'noneForOne' }, 'badStrategy'],
    ['an infinite intensity', { intensity: Number.POSITIVE_INFINITY }, 'badIntensity'],
    ['an intensity below 0', { intensity: -1 }, 'badIntensity'],
    ['a period of 0', { periodMs: 0 }, 'badPeriod'],
    ['an infinite period', { periodMs: Number.POSITIVE_INFINITY }, 'badPeriod'],
    ['a period that is not a number', { periodMs: Number.NaN }, 'badPeriod'],
    ['an unknown autoShutdown', { autoShutdown: 'sometimes' }, 'badAutoShutdown'],
    ['a backoff that shrinks', { backoff: { ...backoff, factor: 0.5 } }, 'badBackoff'],
    ['a jitter of more than all', { backoff: { ...backoff, jitterFraction: 1.1 } }, 'badBackoff'],
    ['a delay below 0', { backoff: { ...backoff, minMs: -1 } }, 'badBackoff'],
    ['a delay beyond what a timer can hold', { backoff: { ...backoff, maxMs: 2 ** 31 } }, 'badBackoff'],
    ['a healthy spell below 0', { healthyAfterMs: -1 }, 'badBackoff'],
    ['no id', { id: '' }, 'badId'],
  ])('with %s are refused', (_, flags, code) => {
    expect(() => startSupervisor([], flags as object)).toThrow(
      expect.objectContaining({ name: 'SupervisorSpecError', code }),
    );
  });

  it('that are unknown are ignored', () => {
    expect(startSupervisor([], { sillyFlag: true } as object).status()).toBe('active');
  });

  it('with a bad child start nothing at all', () => {
    const bad = [spec('a'), spec('b', { restart: 'permanent', significant: true })];
    expect(() => startSupervisor(bad, { autoShutdown: 'anySignificant' })).toThrow(
      expect.objectContaining({ code: 'badCombination', supervisor: 'boss' }),
    );
  });

  it('hold for children that are added later', () => {
    const s = startSupervisor([], { autoShutdown: 'anySignificant' });
    const add = (more: object) => s.actor.send({ type: 'supervisor.startChild', spec: spec('x', more) });
    add({ significant: true });
    expect(s.reports).toMatchObject([
      { context: 'specRefused', reason: expect.stringContaining('badCombination') },
    ]);
    add({ significant: true, restart: 'transient' });
    expect(s.log.living()).toEqual({ x: 1 });
  });
});
