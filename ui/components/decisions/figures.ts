import type { DecisionView } from '../../../src/contract/session.schema.ts';

interface Formatters {
  dateTime: (at: number) => string;
  figure: (value: number | string | boolean | null) => string;
}

/** Figures that are moments in epoch milliseconds. */
const moments = new Set(['marketTime', 'carriedFrom']);

/** The figures of a decision written out, in the order in which they were recorded. */
export const figuresOf = (
  values: DecisionView['values'],
  format: Formatters,
): readonly { name: string; text: string }[] =>
  Object.entries(values).map(([name, value]) => ({
    name,
    text: moments.has(name) && typeof value === 'number' ? format.dateTime(value) : format.figure(value),
  }));
