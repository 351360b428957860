import { describe, expect, it } from 'vitest';
import { spec, startSupervisor } from './parts.ts';

const withBystander = (strategy: 'oneForAll' | 'restForOne', more = {}) =>
  startSupervisor([spec('a'), spec('t', { restart: 'temporary', ...more }), spec('z')], { strategy });

describe('a temporary bystander', () => {
  it.each(['oneForAll', 'restForOne'] as const)(
    'is ended with the others and not started again (%s)',
    (strategy) => {
      const s = withBystander(strategy);
      s.log.clear();
      s.crash('a');
      s.clock.advance(100);
      expect(s.log.lines).toEqual(['-a', '-z', '-t', '+a', '+z']);
      expect(s.states()).toEqual({ a: 'running', z: 'running' });
    },
  );

  it.each(['oneForAll', 'restForOne'] as const)(
    'is forgotten, so that the limit is not hit by trying (%s)',
    (strategy) => {
      const s = withBystander(strategy);
      s.crash('a');
      s.clock.advance(60_000);
      expect(s.status()).toBe('active');
      expect(s.actor.getSnapshot().context.restartTimes).toHaveLength(1);
      expect(JSON.stringify(s.actor.getSnapshot().context.children)).not.toContain('"t"');
    },
  );

  it('is given its time to end', () => {
    const s = withBystander('oneForAll', { takesMs: 300 });
    s.crash('a');
    s.clock.advance(299);
    expect(s.log.living()).toEqual({ t: 1 });
  });

  it('left of the failed one lives on (restForOne)', () => {
    const s = withBystander('restForOne');
    s.crash('z');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, t: 1, z: 1 });
    expect(s.log.starts('t')).toBe(1);
  });

  it('lives on under oneForOne', () => {
    const s = startSupervisor([spec('a'), spec('t', { restart: 'temporary' })]);
    s.crash('a');
    s.clock.advance(100);
    expect(s.log.living()).toEqual({ a: 1, t: 1 });
    expect(s.log.starts('t')).toBe(1);
  });
});

describe('a temporary child that ended', () => {
  it.each(['crash', 'finish', 'retire'])('by %s can be added anew under its name', (type) => {
    const s = startSupervisor([spec('t', { restart: 'temporary' })]);
    s.child('t').send({ type });
    expect(s.states()).toEqual({});
    s.actor.send({ type: 'supervisor.startChild', spec: spec('t', { restart: 'temporary' }) });
    expect(s.log.living()).toEqual({ t: 1 });
  });

  it('fells no sibling, whatever the strategy', () => {
    for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] as const) {
      const s = startSupervisor([spec('a'), spec('t', { restart: 'temporary' }), spec('z')], { strategy });
      s.crash('t');
      s.clock.advance(1_000);
      expect(['a', 'z'].map(s.log.starts), strategy).toEqual([1, 1]);
    }
  });

  it('by the hundred leaves nothing behind', () => {
    const s = startSupervisor([]);
    for (let i = 0; i < 500; i += 1) {
      s.actor.send({ type: 'supervisor.startChild', spec: spec(`t${i}`, { restart: 'temporary' }) });
      s.child(`t${i}`).send({ type: i % 2 === 0 ? 'crash' : 'finish' });
    }
    expect(s.states()).toEqual({});
    expect(s.actor.getSnapshot().children).toEqual({});
    expect(s.log.living()).toEqual({});
    expect(s.clock.pending).toBe(0);
  });
});
