import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadYamlFile, problemLine } from '../../../src/config/yaml.ts';
import { catalogue, faultLineSchema, faultsFileSchema } from '../../../src/gateway/faults/catalogue.ts';
import { duration } from '../../../src/gateway/faults/line.ts';
import { HistoryBudget, MessageBudget } from '../../../src/gateway/faults/pacing.ts';

function problems(text: string): string[] {
  const file = join(mkdtempSync(join(tmpdir(), 'faults-')), 'faults.yaml');
  writeFileSync(file, text);
  const loaded = loadYamlFile(file, faultsFileSchema);
  return loaded.ok ? [] : loaded.problems.map((each) => problemLine(each).replace(file, 'faults.yaml'));
}

describe('the catalogue', () => {
  test.each(catalogue.map(({ name, example }) => [name, example] as const))(
    'has an example of %s that can be read',
    (name, example) => {
      expect(faultLineSchema.parse(parse(example))).toMatchObject({ fault: name });
    },
  );

  test('names each fault once, in one sentence, with a source', () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
    for (const { name, summary, source } of catalogue) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(summary).toMatch(/\.$/);
      expect(source).not.toBe('');
    }
  });
});

describe('a faults file', () => {
  test.each([
    ['an unknown fault', 'faults:\n  - { fault: quake }\n', /^faults\.yaml:2:\d+ faults\[0\]\.fault: /],
    [
      'a key that the fault has not',
      'faults:\n  - fault: stall\n    size: 3\n',
      /^faults\.yaml:3:\d+ .*size/,
    ],
    ['a wrong duration', 'faults:\n  - fault: stall\n    for: 3\n', /^faults\.yaml:3:\d+ faults\[0\]\.for: /],
    [
      'a probability above 1',
      'faults:\n  - fault: stall\n    probability: 2\n',
      /^faults\.yaml:3:\d+ faults\[0\]\.probability: /,
    ],
  ])('with %s is refused with its place', (_, text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  test('may be empty', () => {
    expect(problems('')).toEqual([]);
  });
});

test('a duration is its number times its unit', () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  fc.assert(
    fc.property(fc.nat(10_000), fc.constantFrom('ms', 's', 'm', 'h'), (count, unit) => {
      expect(duration.parse(`${count}${unit}`)).toBe(count * units[unit]);
    }),
  );
});

describe('budgets', () => {
  test('of messages are exceeded by the one above them within a second, and recover', () => {
    const budget = new MessageBudget();
    const sent = Array.from({ length: 51 }, (_, at) => budget.isExceeded(at, 50));
    expect(sent.indexOf(true)).toBe(50);
    expect(budget.isExceeded(2000, 50)).toBe(false);
  });

  test('never let more than so many messages pass in any second', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(300), { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        (gaps, limit) => {
          const budget = new MessageBudget();
          let now = 0;
          const times: number[] = [];
          for (const gap of gaps) {
            now += gap;
            times.push(now);
            const inSecond = times.filter((time) => time > now - 1000).length;
            expect(budget.isExceeded(now, limit)).toBe(inSecond > limit);
          }
        },
      ),
    );
  });

  test.each([
    [
      'the same request within 15 s',
      [
        [0, 'A', 'x'],
        [14_000, 'A', 'x'],
      ],
      [false, true],
    ],
    [
      'the same request after 15 s',
      [
        [0, 'A', 'x'],
        [15_000, 'A', 'x'],
      ],
      [false, false],
    ],
    [
      'the sixth of a contract within 2 s',
      [0, 1, 2, 3, 4, 5].map((n) => [n, 'A', String(n)]),
      [false, false, false, false, false, true],
    ],
  ] as [string, [number, string, string][], boolean[]][])('of history: %s', (_, asked, expected) => {
    const budget = new HistoryBudget();
    expect(
      asked.map(([now, contract, request]) => budget.violation(now, contract, request) !== undefined),
    ).toEqual(expected);
  });

  test('of history end with the sixty-first within ten minutes', () => {
    const budget = new HistoryBudget();
    const asked = Array.from(
      { length: 61 },
      (_, n) => budget.violation(n * 5000, `C${n}`, `r${n}`) !== undefined,
    );
    expect(asked.indexOf(true)).toBe(60);
  });
});
