import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchemas } from '../../../src/config/json-schemas.ts';
import { gatewayConfigSchema } from '../../../src/gateway/config.ts';

describe('config/schemas', () => {
  it.each([...jsonSchemas({ gateway: gatewayConfigSchema })])(
    '%s is what `npm run schemas` writes',
    (name, text) => {
      expect(readFileSync(`config/schemas/${name}`, 'utf8')).toBe(text);
    },
  );

  it('asks for nothing that has a default', () => {
    const runtime = JSON.parse(jsonSchemas().get('runtime.schema.json') ?? '{}');
    expect(runtime.required).toBeUndefined();
    expect(runtime.additionalProperties).toBe(false);
  });
});
