import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, createMachine, StateMachine } from 'xstate';
import { machineOptions } from '../../machines/machine.options.ts';
import { asyncParts, missingParts, partsOf } from '../support/model.parts.ts';
import { deadEnds, falselyIgnored, unhandled, unreachable, untaken } from '../support/model.ts';
import { allNodes } from '../support/model.walk.ts';
import { models } from './models.ts';

const root = join(import.meta.dirname, '../../machines');

/** What is deferred while siblings are ended is heeded in one turn. */
const longTurns = ['supervisor/supervisor.machine.ts', 'supervisor/dynamic.machine.ts'];

describe.each(Object.entries(models))('%s', (file, model) => {
  const { machine, events, walk } = model;
  const states = allNodes(machine.root).length;
  const rests = walk.resting.length;
  const types = Object.keys(events).length;

  it(`reaches its ${states} states, and rests in ${rests} combinations of them`, () => {
    expect(unreachable(model)).toEqual([]);
  });

  it('has no transition that is never taken', () => {
    expect(untaken(model)).toEqual([]);
  });

  it(`handles, or ignores on purpose, its ${types} events in each of ${rests} combinations of states`, () => {
    expect(unhandled(model)).toEqual([]);
  });

  it('ignores what the list says', () => {
    expect(falselyIgnored(model)).toEqual([]);
  });

  it('has a way out of every state, but for final and declared ones', () => {
    expect(deadEnds(model)).toEqual([]);
  });

  it(`has the ${partsOf(machine).length} parts of its chart, and none of them is async`, () => {
    expect(missingParts(machine)).toEqual([]);
    expect(asyncParts(machine)).toEqual([]);
  });

  it('has a bound on the steps of a turn', () => {
    const { maxIterations } = machine.options;
    expect(maxIterations).toBe(
      longTurns.includes(file) ? 100 * machineOptions.maxIterations : machineOptions.maxIterations,
    );
  });
});

describe('the list of models', () => {
  const files = globSync('**/*.machine.ts', { cwd: root });
  const listed = (file: string) => Object.keys(models).filter((key) => key.split('#')[0] === file);

  it.each(files)('has every machine that %s exports', async (file) => {
    const exported: Record<string, unknown> = await import(join(root, file));
    const values = Object.entries(exported);
    const machines = values.flatMap(([, value]) =>
      value instanceof StateMachine ? [value as AnyStateMachine] : [],
    );
    const makers = values.flatMap(([name]) => (/^create[A-Z]/.test(name) ? [name] : []));
    const known = listed(file).flatMap((key) => models[key]?.machine.id ?? []);
    expect(
      known.length,
      `models of "${file}", which exports ${[...makers, ...machines.map(({ id }) => id)].join(', ')}`,
    ).toBeGreaterThanOrEqual(Math.max(1, makers.length));
    expect(known).toEqual(expect.arrayContaining(machines.map(({ id }) => id)));
  });

  it('has no machine whose file is gone', () => {
    expect(Object.keys(models).filter((key) => !files.includes(key.split('#')[0] ?? ''))).toEqual([]);
  });

  it('misses none that is made in a file of another name', () => {
    const others = globSync('**/*.ts', { cwd: root }).filter((file) => !files.includes(file));
    const making = others.filter((file) => /\bcreateMachine\(/.test(readFileSync(join(root, file), 'utf8')));
    expect(making).toEqual([]);
  });
});

describe('the bound on the steps of a turn', () => {
  it('makes an actor that goes round in a circle fail, where it would hang the process', () => {
    const circle = createMachine({
      options: machineOptions,
      initial: 'resting',
      states: { resting: { on: { go: 'a' } }, a: { always: 'b' }, b: { always: 'a' } },
    });
    const actor = createActor(circle);
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });
    actor.start().send({ type: 'go' });
    expect(actor.getSnapshot().status).toBe('error');
    expect(String(errors)).toContain('Infinite loop');
  });
});
