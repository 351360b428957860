import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { builtinStrategies } from '../../../machines/strategies/builtin.ts';
import { parseParameters, strategyKinds } from '../../../machines/strategies/registry.ts';
import { anyBars, play } from './series.ts';

describe.each(Object.entries(strategyKinds))('%s', (key, kind) => {
  const parameters = kind.parameters.parse({});
  const warmup = kind.warmup(parameters);

  it('is registered under its own name', () => {
    expect(kind.kind).toBe(key);
  });

  it('has a default and a description for every parameter, and a JSON Schema that is strict', () => {
    const schema = z.toJSONSchema(kind.parameters) as {
      additionalProperties?: boolean;
      properties: Record<string, { default?: unknown; description?: string }>;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(parameters).sort());
    for (const [name, property] of Object.entries(schema.properties)) {
      expect(property.default, name).toEqual(parameters[name]);
      expect(property.description, name).toMatch(/\w/);
    }
  });

  it('holds until it has seen its warm-up, and is stable from then on', () => {
    fc.assert(
      fc.property(anyBars, (bars) => {
        play(kind.start(parameters), bars).forEach((output, i) => {
          expect(output.stable, `bar ${i}`).toBe(i + 1 >= warmup);
          if (!output.stable) expect(output.signal).toBe('hold');
        });
      }),
      { numRuns: 15 },
    );
  });

  it('says the same for the same bars', () => {
    fc.assert(
      fc.property(anyBars, (bars) => {
        const plain = (outputs: ReturnType<typeof play>) =>
          outputs.map(({ signal, reason, values, stopDistance }) => ({
            signal,
            reason,
            values,
            stopDistance,
          }));
        expect(plain(play(kind.start(parameters), bars))).toEqual(plain(play(kind.start(parameters), bars)));
      }),
      { numRuns: 15 },
    );
  });

  it('gives reasons that later bars do not change', () => {
    fc.assert(
      fc.property(anyBars, (bars) => {
        const run = kind.start(parameters);
        const pairs = bars.map((bar) => {
          const output = run.update(bar);
          return { early: output.reason, output };
        });
        for (const { early, output } of pairs) {
          expect(output.reason).toBe(early);
          expect(early).toMatch(/^[A-Z].*\.$/);
          expect(early).not.toMatch(/NaN|Infinity|undefined|null/);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('gives figures that are finite or null, and stops that are above 0 or null', () => {
    fc.assert(
      fc.property(anyBars, (bars) => {
        for (const output of play(kind.start(parameters), bars)) {
          for (const [name, value] of Object.entries(output.values)) {
            if (value !== null) expect(Number.isFinite(value), `${name} ${value}`).toBe(true);
          }
          if (output.stopDistance !== null) expect(output.stopDistance).toBeGreaterThan(0);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('parseParameters', () => {
  it('fills in defaults', () => {
    expect(parseParameters('sma', { fast: 5 })).toEqual({
      ok: true,
      value: { fast: 5, slow: 30, exitOnly: false },
    });
    expect(parseParameters('sma', null)).toMatchObject({ ok: true });
  });

  it.each([
    ['nope', {}, { path: 'kind', found: '"nope"', expected: 'one of sma, rsi, enhanced' }],
    ['toString', {}, { path: 'kind', found: '"toString"', expected: 'one of sma, rsi, enhanced' }],
    ['sma', { fats: 5 }, { path: 'fats', found: '"fats"', expected: 'one of fast, slow, exitOnly' }],
    ['sma', { slow: 'x' }, { path: 'slow', found: '"x"', expected: 'a number' }],
    ['sma', { fast: 40, slow: 30 }, { path: 'fast', found: '40', expected: 'a number below "slow"' }],
    ['rsi', { period: 1.5 }, { path: 'period', found: '1.5', expected: 'a whole number' }],
    ['rsi', { oversold: 0 }, { path: 'oversold', found: '0', expected: 'at least 1' }],
    ['enhanced', { stopAtr: 99 }, { path: 'stopAtr', found: '99', expected: 'at most 20' }],
    ['sma', [], { path: '', found: '[]', expected: 'an object' }],
  ])('of %s from %j names what was found and what was expected', (kind, raw, problem) => {
    expect(parseParameters(kind, raw)).toEqual({ ok: false, problems: [problem] });
  });
});

describe('built-in strategies', () => {
  it('have unique names and parameters that their kind accepts as they are', () => {
    expect(builtinStrategies.map((strategy) => strategy.name)).toEqual([
      'sma-10-30',
      'rsi-14',
      'enhanced-default',
    ]);
    for (const { kind, parameters } of builtinStrategies) {
      expect(parseParameters(kind, parameters)).toEqual({ ok: true, value: parameters });
    }
  });
});
