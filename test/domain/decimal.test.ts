import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, decimalString, roundToStep } from '../../machines/domain/decimal.ts';

/** Decimals as prices and quantities are: up to 12 digits before and 8 after the point. */
const anyDecimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, scale]) => decimal(digits.toString()).div(10 ** scale));

describe('decimal', () => {
  it.each(['', 'abc', '1,5', 'NaN', 'Infinity', '-Infinity'])('refuses "%s"', (text) => {
    expect(() => decimal(text)).toThrow(RangeError);
  });

  it('adds without the noise of doubles', () => {
    expect(decimal('0.1').plus('0.2').toFixed()).toBe('0.3');
  });

  it('takes a double by its shortest spelling', () => {
    expect(decimalString(101.25)).toBe('101.25');
    expect(decimalString(0.1 + 0.2)).toBe('0.30000000000000004');
  });
});

describe('decimalString', () => {
  it.each([
    ['1.50', '1.5'],
    ['100', '100'],
    ['1e-8', '0.00000001'],
    ['1e21', '1000000000000000000000'],
    ['-0.10', '-0.1'],
    ['0.000', '0'],
  ])('writes "%s" as "%s"', (text, written) => {
    expect(decimalString(text)).toBe(written);
  });

  it('reads back what it wrote, and writes equal values alike', () => {
    fc.assert(
      fc.property(anyDecimal, (value) => {
        const text = decimalString(value);
        expect(decimal(text).eq(value)).toBe(true);
        expect(text).not.toMatch(/e|\.\d*0$/);
        expect(decimalString(`${text}${text.includes('.') ? '' : '.'}000`)).toBe(text);
      }),
    );
  });
});

describe('roundToStep', () => {
  it.each([
    ['101.237', '0.01', 'nearest', '101.24'],
    ['101.235', '0.01', 'nearest', '101.24'],
    ['101.237', '0.01', 'down', '101.23'],
    ['101.231', '0.01', 'up', '101.24'],
    ['-101.237', '0.01', 'down', '-101.24'],
    ['4000.30', '0.25', 'nearest', '4000.25'],
    ['250', '100', 'down', '200'],
  ] as const)('%s to %s %s is %s', (value, step, mode, expected) => {
    expect(roundToStep(decimal(value), decimal(step), mode).toFixed()).toBe(expected);
  });

  it('answers a multiple of the step, on the asked side, less than one step away', () => {
    fc.assert(
      fc.property(
        anyDecimal,
        fc.constantFrom('0.0001', '0.01', '0.05', '0.25', '1', '100'),
        fc.constantFrom('nearest', 'down', 'up'),
        (value, stepText, mode) => {
          const step = decimal(stepText);
          const rounded = roundToStep(value, step, mode);
          expect(rounded.mod(step).isZero()).toBe(true);
          const distance = rounded.minus(value);
          if (mode === 'down') expect(distance.lte(0)).toBe(true);
          if (mode === 'up') expect(distance.gte(0)).toBe(true);
          expect(distance.abs().lt(mode === 'nearest' ? step.div(2).plus('1e-20') : step)).toBe(true);
        },
      ),
    );
  });
});
