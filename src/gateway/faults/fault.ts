import type { z } from 'zod';
import type { FaultWorld, FaultyClient, Occasion } from './ports.ts';

/** How a strike ends; undefined for faults that are over at once. */
export type Ending = (() => void) | undefined;

/** One named line of the fault language. */
export interface Fault<P extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Where it is met in reality. */
  readonly source: string;
  readonly parameters: P;
  /** A line of YAML without the name. */
  readonly example: string;
  /** Whether it can last (`for`). */
  readonly lasts: boolean;
  strike(world: FaultWorld, parameters: z.output<z.ZodObject<P>>, strike: Strike): Ending;
}

export interface Strike extends Occasion {
  /** The clients that the line is about. */
  readonly targets: readonly FaultyClient[];
  /** The client id that the line names. */
  readonly clientId: number | undefined;
}

/** Keeps the parameters' types while the catalogue holds faults of every shape. */
export function fault<P extends z.ZodRawShape>(definition: Fault<P>): Fault {
  return definition as unknown as Fault;
}
