import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codeGroups } from '../../machines/domain/broker-codes.ts';

const file = new URL('../../docs/broker-codes.md', import.meta.url);
const [open, close] = ['<!-- codes: written from machines/domain/broker-codes.ts -->', '<!-- /codes -->'];

const table = codeGroups
  .map(({ consequence, does, source, codes }) => {
    const rows = Object.entries(codes).map(([code, words]) => `| ${code} | ${words} |`);
    return [
      `## ${consequence}`,
      `${does} [Source](${source})`,
      ['| Code | IBKR says |', '| --- | --- |', ...rows].join('\n'),
    ].join('\n\n');
  })
  .join('\n\n');

test('the page of codes is the table; UPDATE_DOCS=1 writes it', () => {
  const text = readFileSync(file, 'utf8');
  const [before = ''] = text.split(open);
  const current = `${before}${open}\n\n${table}\n\n${close}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, current);
  else expect(text).toBe(current);
});
