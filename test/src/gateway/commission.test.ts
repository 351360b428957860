import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { type Charged, commissionOf } from '../../../src/gateway/matching/commission.ts';

const rules = (plan: 'fixed' | 'tiered') =>
  gatewayConfigSchema.parse({
    ...{ marketStart: '2024-01-08', commission: { plan } },
    instruments: [{ symbol: 'A', source: { synthetic: {} } }],
  }).commission;
const charged = (change: Partial<Charged>, quantity: number, value: number): Charged => ({
  ...{ secType: 'STK', currency: 'USD', isSale: false, sharesBefore: new Decimal(0) },
  ...{ quantity: new Decimal(quantity), value: new Decimal(value) },
  ...change,
});

test.each([
  ['the minimum of an order', 'fixed', {}, 100, 10_000, '1'],
  ['half a cent a share', 'fixed', {}, 1000, 100_000, '5'],
  ['1 % of a cheap trade', 'fixed', {}, 10, 20, '0.2'],
  ['a price per contract', 'fixed', { secType: 'FUT' }, 3, 120_000, '6'],
  ['0.2 basis points of a pair', 'fixed', { secType: 'CASH' }, 1_000_000, 1_100_000, '22'],
  ['two dollars for a small pair', 'fixed', { secType: 'CASH' }, 1000, 1100, '2'],
  ['0.05 % in euros', 'fixed', { currency: 'EUR' }, 100, 10_000, '5'],
  ['three euros at least', 'fixed', { currency: 'EUR' }, 10, 1000, '3'],
  ['three pounds at least', 'fixed', { currency: 'GBP' }, 10, 1000, '3'],
  ['1.25 euros at least when tiered', 'tiered', { currency: 'EUR' }, 10, 1000, '1.25'],
  ['35 cents at least, and clearing, when tiered', 'tiered', {}, 50, 5000, '0.36'],
  ['0.35 cents a share, and clearing, in the first tier', 'tiered', {}, 1000, 100_000, '3.7'],
  ['fees of a sale when tiered', 'tiered', { isSale: true }, 1000, 100_000, '6.646'],
  [
    'the second tier for who has traded 300,000 shares',
    'tiered',
    { sharesBefore: new Decimal(300_000) },
    1000,
    100_000,
    '2.2',
  ],
  ['each share its own tier', 'tiered', { sharesBefore: new Decimal(299_500) }, 1000, 100_000, '2.95'],
] as const)('is %s', (_, plan, change, quantity, value, expected) => {
  expect(commissionOf(rules(plan), charged(change, quantity, value)).toString()).toBe(expected);
});

test('never falls as an order fills, so no fill is paid back', () => {
  const order = fc.record({
    plan: fc.constantFrom('fixed' as const, 'tiered' as const),
    secType: fc.constantFrom('STK' as const, 'FUT' as const, 'CASH' as const),
    currency: fc.constantFrom('USD', 'EUR', 'GBP', 'CHF'),
    isSale: fc.boolean(),
    price: fc.integer({ min: 1, max: 500 }),
    before: fc.nat(5_000_000),
    fills: fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(order, ({ plan, secType, currency, isSale, price, before, fills }) => {
      let quantity = 0;
      let last = new Decimal(0);
      for (const fill of fills) {
        quantity += fill;
        const of = { secType, currency, isSale, sharesBefore: new Decimal(before) };
        const now = commissionOf(rules(plan), charged(of, quantity, quantity * price));
        expect(now.gte(last)).toBe(true);
        last = now;
      }
    }),
    { numRuns: 60 },
  );
});
