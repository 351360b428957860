import { z } from 'zod';
import { connectionFaults } from './catalogue/connection.ts';
import { linkFaults } from './catalogue/link.ts';
import { messageFaults } from './catalogue/messages.ts';
import { orderFaults } from './catalogue/orders.ts';
import type { Fault } from './fault.ts';
import { type When, whenShape } from './line.ts';

/** Every fault that the gateway knows, in the order of the documentation. */
export const catalogue: readonly Fault[] = [
  ...connectionFaults,
  ...linkFaults,
  ...messageFaults,
  ...orderFaults,
];

/** A line as it was read: when, whom, and the fault's own parameters. */
export interface FaultLine extends When {
  readonly fault: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

const lineSchemas = catalogue.map((each) =>
  z.strictObject({ fault: z.literal(each.name).describe(each.summary), ...whenShape, ...each.parameters }),
);
const [first, ...others] = lineSchemas;
if (first === undefined) throw new Error('the catalogue of faults is empty');

/** One line of the fault language. */
export const faultLineSchema = z.discriminatedUnion('fault', [first, ...others]);

/** A faults file: `tradewarden gateway --faults FILE`. */
export const faultsFileSchema = z.strictObject({
  seed: z.int().default(1).describe('Of everything that faults draw.'),
  faults: z.array(faultLineSchema).default([]),
});

const WHEN_KEYS: ReadonlySet<string> = new Set([...Object.keys(whenShape), 'fault']);

/** Splits a parsed line into when and what. */
export function toFaultLine(parsed: z.output<typeof faultLineSchema>): FaultLine {
  const entries = Object.entries(parsed);
  const of = (isWhen: boolean) =>
    Object.fromEntries(entries.filter(([key]) => WHEN_KEYS.has(key) === isWhen));
  return { ...(of(true) as unknown as When), fault: String(parsed.fault), parameters: of(false) };
}

/** The fault of a line. @throws Error when the catalogue does not have it, which the schema rules out */
export function faultNamed(name: string): Fault {
  const found = catalogue.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no fault is called "${name}"`);
  return found;
}
