import type { z } from 'zod';

type Translate = (key: string, values?: Record<string, unknown>) => string;

/**
 * The first complaint of each field, by dotted path, in the page's language: `validation.<path>` when the locales
 * have words for the field, else `validation.<code>`.
 */
export function issuesByField(
  error: z.ZodError,
  t: Translate,
  has: (key: string) => boolean,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const issue of error.issues) {
    const path = issue.path.join('.');
    if (found.has(path)) continue;
    const values = issue as unknown as Record<string, unknown>;
    const key = [`validation.field.${path}`, `validation.${issue.code}`].find(has) ?? 'validation.other';
    found.set(path, t(key, { ...values, message: issue.message }));
  }
  return found;
}
