import { journalDetails } from '../../../machines/domain/journal.ts';
import type { SupervisionView } from '../../../src/contract/supervision.schema.ts';
import type { SystemView } from '../../../src/contract/system.schema.ts';
import type { FeedStatus } from '../../feed/client.ts';
import { isUnderWay } from '../risk/flatten-rules.ts';

export type TroubleKind =
  | 'feed'
  | 'broker'
  | 'brokerClientId'
  | 'brokerAccount'
  | 'brokerLogin'
  | 'brokerLink'
  | 'loginSoon'
  | 'restartQuiet'
  | 'farm'
  | 'storeDown'
  | 'storeDegraded'
  | 'riskHalted'
  | 'riskReducing'
  | 'flattening'
  | 'supervisionHalted'
  | 'journalSteps'
  | 'journalFacts';

/** Something in the world that is not well. `banner.<kind>` in the locales says what works and what to do. */
export interface Trouble {
  readonly kind: TroubleKind;
  readonly tone: 'danger' | 'warn';
  readonly since: number;
  readonly cause: string | null;
  /** Named values for the sentences. */
  readonly facts: Readonly<Record<string, string>>;
  readonly retryAt: number | null;
  /** Something that is counted down to. */
  readonly dueAt?: number;
}

/** A connection that has only just begun to start is not news yet. */
export const STARTING_GRACE_MS = 3000;

/** Everything that is not well, worst first. Without a feed nothing else is known, so nothing else is said. */
export function troubles(
  system: SystemView | null,
  feed: FeedStatus,
  now: number,
  supervision: SupervisionView | null = null,
): readonly Trouble[] {
  if (feed.state === 'lost') {
    return [
      { kind: 'feed', tone: 'danger', since: feed.since, cause: feed.reason, facts: {}, retryAt: null },
    ];
  }
  if (system === null) return [];
  const halted = haltTroubles(supervision);
  return [
    ...halted,
    ...brokerTroubles(system, now),
    ...storeTroubles(system),
    // Supervision that gave up has halted trading: said once.
    ...riskTroubles(system).filter(() => halted.length === 0 || system.risk.author !== 'supervisor'),
    ...journalTroubles(supervision),
  ];
}

function haltTroubles(supervision: SupervisionView | null): Trouble[] {
  if (supervision === null || supervision.state === 'running') return [];
  const { since, cause } = supervision;
  return [{ kind: 'supervisionHalted', tone: 'danger', since, cause, facts: {}, retryAt: null }];
}

function journalTroubles(supervision: SupervisionView | null): Trouble[] {
  if (supervision === null) return [];
  const { detail, wanted, since, cause } = supervision.journal;
  if (detail === 'full' || journalDetails.indexOf(detail) >= journalDetails.indexOf(wanted)) return [];
  const kind = detail === 'steps' ? 'journalSteps' : 'journalFacts';
  return [{ kind, tone: 'warn', since, cause, facts: {}, retryAt: null }];
}

function brokerTroubles({ connection }: SystemView, now: number): Trouble[] {
  const { phase, since, cause, link, farms, retryAt } = connection;
  const facts = {
    host: connection.host,
    port: String(connection.port),
    clientId: String(connection.clientId),
    phase,
  };
  if (phase !== 'ready') {
    const starting = cause === null && now - since < STARTING_GRACE_MS;
    if (starting) return [];
    const kind = awayKind(connection);
    return [{ kind, tone: 'danger', since, cause, facts, retryAt }];
  }
  const planned = plannedTroubles(connection, facts);
  if (link === 'down') return [{ kind: 'brokerLink', tone: 'danger', since, cause, facts, retryAt: null }];
  const broken = farms.filter((farm) => farm.state === 'broken');
  if (broken.length === 0) return planned;
  const names = broken.map((farm) => farm.name).join(', ');
  const oldest = Math.min(...broken.map((farm) => farm.since));
  return [
    {
      kind: 'farm',
      tone: 'warn',
      since: oldest,
      cause: null,
      facts: { ...facts, farms: names },
      retryAt: null,
    },
    ...planned,
  ];
}

/** Why a broker that is away is away, as far as it has a remedy of its own. */
function awayKind({ phase, login }: SystemView['connection']): TroubleKind {
  if (phase === 'clientIdHeld') return 'brokerClientId';
  if (phase === 'wrongAccount') return 'brokerAccount';
  return login?.state === 'awaited' ? 'brokerLogin' : 'broker';
}

/** What is planned at the gateway and near: its restart, and the login of a person. */
function plannedTroubles({ restart, login }: SystemView['connection'], facts: Trouble['facts']): Trouble[] {
  const plain = { tone: 'warn', cause: null, facts, retryAt: null } as const;
  return [
    ...(restart?.isQuiet === true
      ? [{ ...plain, kind: 'restartQuiet', since: restart.quietFrom, dueAt: restart.quietUntil } as const]
      : []),
    ...(login?.state === 'soon'
      ? [{ ...plain, kind: 'loginSoon', since: login.dueAt, dueAt: login.dueAt } as const]
      : []),
  ];
}

function storeTroubles({ store }: SystemView): Trouble[] {
  if (store.state === 'up') return [];
  const down = store.state === 'down';
  return [
    {
      kind: down ? 'storeDown' : 'storeDegraded',
      tone: down ? 'danger' : 'warn',
      since: store.since,
      cause: store.cause,
      facts: {},
      retryAt: null,
    },
  ];
}

function riskTroubles({ risk, flatten }: SystemView): Trouble[] {
  if (isUnderWay(flatten)) {
    const cause = flatten.request?.cause ?? null;
    return [{ kind: 'flattening', tone: 'danger', since: flatten.since, cause, facts: {}, retryAt: null }];
  }
  if (risk.state === 'active') return [];
  return [
    {
      kind: risk.state === 'halted' ? 'riskHalted' : 'riskReducing',
      tone: 'warn',
      since: risk.since,
      cause: risk.cause,
      facts: {},
      retryAt: null,
    },
  ];
}
