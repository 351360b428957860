import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runtimeSchema } from '../../../src/config/runtime.schema.ts';
import { sessionsSchema } from '../../../src/config/session.schema.ts';
import { loadYamlFile, problemLine } from '../../../src/config/yaml.ts';

const dir = mkdtempSync(join(tmpdir(), 'tw-yaml-'));
const file = join(dir, 'any.yaml');
afterAll(() => rmSync(dir, { recursive: true }));

/** A file that ships, with a stretch of it replaced. */
const damaged = (path: string) => {
  const text = readFileSync(path, 'utf8');
  return fc
    .tuple(
      fc.nat(text.length),
      fc.nat(40),
      fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom(': ', '\n- ', '&a ', '*a', '!!x ', '"', '{', '\t'),
      ),
    )
    .map(([at, length, insert]) => text.slice(0, at) + insert + text.slice(at + length));
};

describe('loadYamlFile', () => {
  it.each([
    ['runtime', runtimeSchema, 'config/runtime.yaml'],
    ['sessions', sessionsSchema, 'config/sessions/demo.yaml'],
  ] as const)(
    'answers any %s text with a value, or with problems of one line inside the file',
    (_name, schema, path) => {
      fc.assert(
        fc.property(fc.oneof(damaged(path), fc.string()), (text) => {
          writeFileSync(file, text);
          const loaded = loadYamlFile(file, schema);
          if (loaded.ok) return;
          expect(loaded.problems.length).toBeGreaterThan(0);
          const lines = text.split('\n').length;
          for (const problem of loaded.problems) {
            expect(problemLine(problem)).not.toContain('\n');
            expect(problem.message).toMatch(/^found [\s\S]*(expected|did you mean) /);
            expect(problem.line).toBeLessThanOrEqual(lines);
          }
        }),
        { numRuns: 300 },
      );
    },
  );

  it('refuses a document that unfolds without end', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `l${i}: &l${i} [${`*l${i - 1},`.repeat(9)}]`);
    writeFileSync(file, ['l0: &l0 [x]', ...rows.slice(1)].join('\n'));
    const loaded = loadYamlFile(file, runtimeSchema);
    expect(loaded.ok ? [] : loaded.problems).toHaveLength(1);
  });
});
