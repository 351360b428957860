import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  type DecisionView,
  decisionViewSchema,
  type SessionView,
  sessionViewSchema,
} from '../contract/session.schema.ts';
import { UsageError } from '../process/usage-error.ts';
import { connectControl } from './control.ts';
import { dataOption, withCommonFlags } from './folders.ts';
import { columns, createOutput } from './output.ts';

interface Flags {
  readonly data: string;
  readonly json: boolean;
}

const time = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

const describeSession = (s: SessionView): string =>
  [
    `${s.id} (${s.name}): ${s.state}, wanted ${s.desired}`,
    `  ${s.strategy} on ${s.instrumentId} ${s.timeframe}, position ${s.positionQuantity ?? 'not told'}`,
    `  ${s.bufferedBars} bars buffered, last bar ${s.lastBar === null ? 'none' : time(s.lastBar.time)}`,
    ...(s.waitingFor === null ? [] : [`  waiting for: ${s.waitingFor}`]),
    ...(s.error === null ? [] : [`  last failure: ${s.error}`]),
    ...(s.lastDecision === null ? [] : [`  ${explain(s.lastDecision)}`]),
  ].join('\n');

const explain = (d: DecisionView): string =>
  `bar ${time(d.barTime)} close ${d.close}: ${d.outcome === 'order' ? `ordered ${d.order?.side} ${d.order?.quantity}` : `no order (${d.guard})`}: ${d.reason}`;

const items = <T extends z.ZodType>(schema: T, answer: unknown) =>
  z.object({ items: z.array(schema) }).parse(answer).items;

/** `sessions list|show|create|start|pause|resume|stop|explain`, against the running system. */
export function sessionsCommand(): Command {
  const sessions = new Command('sessions').description(
    'list, explain and command the sessions of the running system',
  );
  const sub = (name: string, description: string) =>
    withCommonFlags(sessions.command(name).description(description)).addOption(dataOption());

  sub('list', 'all sessions, a line each').action(async (flags: Flags) => {
    const control = await connectControl(flags.data);
    const found = items(sessionViewSchema, await control.request('GET', '/api/v1/sessions'));
    const rows = found.map((s) => [
      s.id,
      s.state,
      s.desired,
      s.instrumentId,
      s.timeframe,
      s.strategy,
      s.positionQuantity ?? '–',
      s.waitingFor ?? s.error ?? '',
    ]);
    createOutput(flags.json).result(
      found,
      columns(['ID', 'STATE', 'WANTED', 'INSTRUMENT', 'BARS', 'STRATEGY', 'POSITION', 'WAITING FOR'], rows),
    );
  });

  sub('show <id>', 'one session, whole').action(async (id: string, flags: Flags) => {
    const control = await connectControl(flags.data);
    const session = sessionViewSchema.parse(
      await control.request('GET', `/api/v1/sessions/${encodeURIComponent(id)}`),
    );
    createOutput(flags.json).result(session, describeSession(session));
  });

  sub('create <file>', 'create a session from a YAML file').action(async (file: string, flags: Flags) => {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new UsageError(
        `sessions create: found no file "${file}", expected a YAML file with one session`,
        2,
      );
    });
    const control = await connectControl(flags.data);
    const created = sessionViewSchema.parse(await control.request('POST', '/api/v1/sessions', parse(text)));
    createOutput(flags.json).result(created, describeSession(created));
  });

  for (const verb of ['start', 'pause', 'resume', 'stop'] as const) {
    sub(`${verb} <id>`, `${verb} a session`).action(async (id: string, flags: Flags) => {
      const control = await connectControl(flags.data);
      const path = `/api/v1/sessions/${encodeURIComponent(id)}/${verb}`;
      const session = sessionViewSchema.parse(await control.request('POST', path));
      createOutput(flags.json).result(session, describeSession(session));
    });
  }

  sub('explain <id>', 'why a session did or did not trade')
    .option('--bar <time>', 'start of the bar, ISO 8601; the newest ten decisions when absent')
    .action(async (id: string, flags: Flags & { bar?: string }) => {
      const at = flags.bar === undefined ? undefined : Date.parse(flags.bar);
      if (at !== undefined && Number.isNaN(at)) {
        throw new UsageError(`sessions explain --bar: found "${flags.bar}", expected an ISO 8601 time`, 2);
      }
      const control = await connectControl(flags.data);
      const query = at === undefined ? 'limit=10' : `limit=1&before=${at + 1}`;
      const path = `/api/v1/sessions/${encodeURIComponent(id)}/decisions?${query}`;
      const decisions = items(decisionViewSchema, await control.request('GET', path)).filter(
        (d) => at === undefined || d.barTime === at,
      );
      if (decisions.length === 0) {
        throw new UsageError(
          `sessions explain: found no decision of "${id}"${flags.bar === undefined ? '' : ` for bar ${flags.bar}`}, expected a closed bar while it ran`,
        );
      }
      createOutput(flags.json).result(
        decisions,
        decisions.map((d) => `${explain(d)}\n  ${JSON.stringify(d.values)}`).join('\n'),
      );
    });

  return sessions;
}
