import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { riskSchema } from './risk.schema.ts';
import { runtimeSchema } from './runtime.schema.ts';
import { sessionsSchema, strategiesSchema } from './session.schema.ts';

const own: Readonly<Record<string, z.ZodType>> = {
  runtime: runtimeSchema,
  risk: riskSchema,
  sessions: sessionsSchema,
  strategies: strategiesSchema,
};

/** File names and texts of the JSON Schemas that editors use, made from the schemas that the loader uses. */
export function jsonSchemas(more: Readonly<Record<string, z.ZodType>> = {}): ReadonlyMap<string, string> {
  return new Map(
    Object.entries({ ...own, ...more }).map(([name, schema]) => {
      const json = z.toJSONSchema(schema, { io: 'input' });
      return [`${name}.schema.json`, `${JSON.stringify(json, null, 2)}\n`];
    }),
  );
}

/**
 * Writes the JSON Schemas into a folder (`config/schemas`) and answers the file names.
 * `more`: schemas of files that belong to other folders of src, by the name of their YAML file.
 */
export function writeSchemas(dir: string, more: Readonly<Record<string, z.ZodType>> = {}): string[] {
  mkdirSync(dir, { recursive: true });
  const files = jsonSchemas(more);
  for (const [name, text] of files) writeFileSync(join(dir, name), text);
  return [...files.keys()];
}
