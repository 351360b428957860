/** How a risk state may change: the same for the whole and for each part of it. Pure. */
import type { RiskCommand } from './risk.events.ts';
import { type HeldBack, isSameScope, type RiskState, type RiskStatus } from './risk.status.ts';

export const wantedState = (command: RiskCommand): RiskState =>
  (({ 'risk.halt': 'halted', 'risk.reduce': 'reducing', 'risk.resume': 'active' }) as const)[command.type];

export const statusOf = (command: RiskCommand, at: number): RiskStatus => ({
  ...{ state: wantedState(command), since: at },
  ...{ cause: command.cause, author: command.author },
});

const fresh: RiskStatus = { state: 'active', since: 0, cause: '', author: 'start' };

/**
 * Whether a status gives way to a command. Asking for what holds already changes nothing. Only a person loosens a halt; a
 * reduction is also ended by the one who asked for it.
 */
export function givesWay(status: RiskStatus, command: RiskCommand): boolean {
  const wanted = wantedState(command);
  if (wanted === status.state) return false;
  switch (status.state) {
    case 'active':
      return true;
    case 'reducing':
      return wanted === 'halted' || command.author === 'person' || command.author === status.author;
    case 'halted':
      return command.author === 'person';
  }
}

/** The part that a command changes, as it is afterwards, with all that are held back then; null: it changes nothing. */
export function changePart(
  parts: readonly HeldBack[],
  command: RiskCommand,
  at: number,
): { readonly parts: readonly HeldBack[]; readonly changed: HeldBack } | null {
  const { scope } = command;
  if (scope === undefined) return null;
  const before = parts.find((each) => isSameScope(each.scope, scope))?.status ?? fresh;
  if (!givesWay(before, command)) return null;
  const changed: HeldBack = { scope, status: statusOf(command, at) };
  const others = parts.filter((each) => !isSameScope(each.scope, scope));
  return { parts: changed.status.state === 'active' ? others : [...others, changed], changed };
}
