import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';
import { faultsFileSchema } from '../../../src/gateway/faults/catalogue.ts';
import { faultTable } from '../../../src/gateway/faults/table.ts';

const file = new URL('../../../docs/gateway.md', import.meta.url);
const [open, close] = ['<!-- faults: written from the catalogue -->', '<!-- /faults -->'];

test('the table of faults is that of the catalogue; UPDATE_DOCS=1 writes it', () => {
  const text = readFileSync(file, 'utf8');
  const [before = '', rest = ''] = text.split(open);
  const [, after = ''] = rest.split(close);
  const current = `${before}${open}\n${faultTable()}\n${close}${after}`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, current);
  else expect(text).toBe(current);
});

test('the YAML of the page can be read', () => {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) =>
    parse(yaml ?? ''),
  );
  const [market, faults] = [
    blocks.find((each) => 'instruments' in each),
    blocks.find((each) => 'faults' in each),
  ];
  expect(gatewayConfigSchema.parse(market).instruments).toHaveLength(2);
  expect(faultsFileSchema.parse(faults).faults).toHaveLength(3);
});
