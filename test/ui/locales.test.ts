import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { connectionPhases } from '../../machines/connection/connection.status.ts';
import { guardNames } from '../../machines/domain/decision.ts';
import { journalDetails, journalKinds } from '../../machines/domain/journal.ts';
import { orderStates } from '../../machines/domain/order.ts';
import { deciderThreads, sessionStates } from '../../machines/domain/session.ts';
import { reportContexts } from '../../machines/supervisor/supervisor.events.ts';
import { deadLetterSchema } from '../../src/contract/supervision.schema.ts';
import { actorViewSchema } from '../../src/contract/system.schema.ts';
import en from '../../ui/locales/en.json';
import fr from '../../ui/locales/fr.json';

type Tree = { [key: string]: string | Tree };

const flat = (tree: Tree, prefix = ''): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${prefix}${key}`, value]] : flat(value, `${prefix}${key}.`),
  );
const english = new Map(flat(en));
const french = new Map(flat(fr));
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

const ui = fileURLToPath(new URL('../../ui', import.meta.url));
const sources = readdirSync(ui, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(vue|ts)$/.test(path) && !path.startsWith('dist'))
  .map((path) => readFileSync(join(ui, path), 'utf8'));

describe('the locales', () => {
  it('have the same keys', () => {
    expect([...french.keys()]).toEqual([...english.keys()]);
  });

  it('name the same values in each message', () => {
    for (const [key, text] of english) {
      expect(new Set(names(french.get(key) ?? '')), key).toEqual(new Set(names(text)));
    }
  });

  it('offer as many plural forms', () => {
    for (const [key, text] of english) {
      expect((french.get(key) ?? '').split(' | ').length, key).toBe(text.split(' | ').length);
    }
  });

  it('leave nothing empty and nobody shouting', () => {
    for (const [key, text] of [...english, ...french]) {
      expect(text.trim(), key).not.toBe('');
      expect(text, key).not.toContain('!');
    }
  });

  it('set French with no-break spaces before double punctuation, and typographic apostrophes', () => {
    for (const [key, text] of french) {
      expect(text, key).not.toMatch(/[^\u00a0\u202f] [:;?!%]|\p{L}[;?]/u);
      expect(text.replace('{host}:{port}', ''), key).not.toMatch(/[\p{L}}]:/u);
      expect(text, key).not.toContain("'");
    }
  });

  it('speak of every guard, state, phase and source', () => {
    const wanted = [
      ...guardNames.map((name) => `guard.${name}`),
      ...[...sessionStates, 'failed'].map((name) => `state.${name}`),
      ...deciderThreads.flatMap((name) => [`thread.${name}`, `thread.${name}Hint`]),
      ...orderStates.map((name) => `orderState.${name}`),
      ...connectionPhases.map((name) => `phase.${name}`),
      ...['autotrader', 'manual', 'ibkr'].map((name) => `source.${name}`),
      ...['accepted', 'rejected', 'unknown', 'notSent'].map((name) => `outcome.${name}`),
      ...journalKinds.flatMap((name) => [`kind.${name}`, `kind.${name}Hint`]),
      ...journalDetails.flatMap((name) => [`detail.${name}`, `detail.${name}Hint`]),
      ...deadLetterSchema.shape.reason.options.map((name) => `letters.reasons.${name}`),
      ...reportContexts.map((name) => `reports.contexts.${name}`),
      ...actorViewSchema.shape.status.options.map((name) => `actors.status.${name}`),
      ...['permanent', 'transient', 'temporary'].flatMap((name) => [
        `actors.restart_${name}`,
        `actors.restart_${name}Hint`,
      ]),
      ...['oneForOne', 'oneForAll', 'restForOne'].flatMap((name) => [`actors.${name}`, `actors.${name}Hint`]),
    ];
    expect(wanted.filter((key) => !english.has(key))).toEqual([]);
  });

  it('know every key that the pages ask for by its full name', () => {
    const asked = sources.flatMap((text) =>
      [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((match) => match[1] ?? ''),
    );
    expect(asked.length).toBeGreaterThan(100);
    expect([...new Set(asked)].filter((key) => !english.has(key))).toEqual([]);
  });
});
