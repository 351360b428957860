import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { planOf, refusedLines } from '../../../src/cli/plan.ts';
import { requireConfig } from '../../../src/cli/validate.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'plan-'));
  cpSync('config', dir, { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (file: string, text: string) => writeFileSync(join(dir, file), text);
function planned(onSimulated = true) {
  const config = requireConfig(dir);
  const plan = planOf(config, onSimulated);
  return { plan, refused: refusedLines(config, plan) };
}

describe('the plan of a config folder', () => {
  it('that ships refuses nothing, and bounds every figure', () => {
    const { plan, refused } = planned();
    expect(refused).toEqual([]);
    expect(plan.sessions).toHaveLength(5);
    for (const { most } of [plan.whole, ...plan.sessions].flatMap((each) => [
      ...[each.exposure, each.loss, each.ordersPerMinute, each.ordersPerDay],
    ])) {
      expect(Number(most)).toBeGreaterThan(0);
    }
  });

  it('names file, line, session, figures and limit of what it refuses', () => {
    write('risk.yaml', 'whole: { orderNotional: 50000 }\n');
    const first = planned().refused[0];
    expect(first).toMatch(
      /sessions\/[^:]+\.yaml:\d+:\d+ \[0\]\.sizing: session sp500-sma is declared to reach orders worth 100000, allowed up to 50000 for all together \(orderNotional\)$/,
    );
  });

  it('refuses the sum in the name of risk.yaml', () => {
    write('risk.yaml', 'capital: 300000\nwhole: { leverage: 0.35 }\n');
    expect(planned().refused).toEqual([
      `${join(dir, 'risk.yaml')}: everything together is declared to reach a leverage of 0.4, allowed up to 0.35 for all together (leverage)`,
    ]);
  });

  it('reckons with the capital of risk.yaml before the cash of the simulated gateway', () => {
    expect(planned().plan.netLiquidation).toBe('1000000');
    write('risk.yaml', 'capital: 25000\n');
    expect(planned().plan.netLiquidation).toBe('25000');
  });

  it('knows no net liquidation of a gateway that is not simulated', () => {
    write('gateway.yaml', 'nonsense: true\n');
    expect(planned(false).plan.netLiquidation).toBeNull();
    expect(() => planned(true)).toThrow(/gateway\.yaml:1:1 nonsense: found unknown key/);
  });

  it('leaves out sessions that do not start', () => {
    const before = planned().plan.sessions.length;
    write(
      'sessions/zz.yaml',
      '- { id: asleep, instrument: { symbol: X }, timeframe: 1d, strategy: rsi-14, sizing: { kind: percent, percent: 90 }, active: false }\n',
    );
    expect(planned().plan.sessions).toHaveLength(before);
  });
});
