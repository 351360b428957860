import { createHash } from 'node:crypto';
import type { AnyStateMachine } from 'xstate';
import type { Json } from '../../machines/domain/journal.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON of a chart or of its implementations: functions as their source, with what XState's makers hang on them. */
function sourceOf(value: unknown, path: readonly unknown[] = []): unknown {
  if (typeof value === 'function') {
    const props = Object.entries(value).map(([key, part]) => [key, sourceOf(part, [...path, value])]);
    return props.length === 0 ? String(value) : [String(value), props];
  }
  if (typeof value !== 'object' || value === null) return value;
  if (path.includes(value) || path.length > 30) return '…';
  const inner = [...path, value];
  if (Array.isArray(value)) return value.map((part) => sourceOf(part, inner));
  return Object.entries(value).map(([key, part]) => [key, sourceOf(part, inner)]);
}

const hashes = new WeakMap<AnyStateMachine, Map<string, string>>();

/**
 * SHA-256 over what decides how a machine folds: its chart, the sources of its named and inline implementations, and
 * the program's version, which stands for the functions that those call. Its children have hashes of their own.
 */
export function machineHash(machine: AnyStateMachine, program: string): string {
  const known = hashes.get(machine) ?? new Map<string, string>();
  hashes.set(machine, known);
  let hash = known.get(program);
  if (hash === undefined) {
    const { actions, guards, delays, actors } = machine.implementations;
    const parts = [machine.config, actions, guards, delays, Object.keys(actors)].map((part) =>
      sourceOf(part),
    );
    hash = sha256(JSON.stringify([program, ...parts]));
    known.set(program, hash);
  }
  return hash;
}

/** SHA-256 over the configuration of an actor, encoded. */
export const configHash = (config: Json): string => sha256(JSON.stringify(config));
