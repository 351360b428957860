import type { StallView, SupervisionView } from '../../../src/contract/supervision.schema.ts';
import type { ActorView } from '../../../src/contract/system.schema.ts';

/** Past this a hold-up of the event loop delays orders: it is shown as a warning, ms. */
export const STALL_WARN_MS = 50;

/** The worst hold-up, while it is among the recent ones. */
export const worstStall = ({ worstMs, recent }: SupervisionView['eventLoop']): StallView | null =>
  recent.find((stall) => stall.ms >= worstMs) ?? null;

/** Colour of a report: `shutdown`, `startError` and `specRefused` want a person, failures are news, the rest is routine. */
export function reportTone(context: string): '' | 'warn' | 'danger' {
  if (['shutdown', 'startError', 'specRefused'].includes(context)) return 'danger';
  return context === 'childTerminated' || context === 'shutdownError' ? 'warn' : '';
}

export function statusTone(status: ActorView['status']): '' | 'ok' | 'danger' {
  if (status === 'error') return 'danger';
  return status === 'active' ? 'ok' : '';
}

/** Colour of restarts used: more than half of what is allowed, or all of it. */
export function intensityTone(supervisor: NonNullable<ActorView['supervisor']>): '' | 'warn' | 'danger' {
  const { restartsUsed: used, intensity } = supervisor;
  if (used === 0 || used * 2 <= intensity) return '';
  return used >= intensity ? 'danger' : 'warn';
}

/** Keys for lists whose items have no name of their own and may be equal. */
export function numbered<T extends { readonly at: number }>(items: readonly T[]): (T & { key: string })[] {
  const seen = new Map<number, number>();
  return items.map((item) => {
    const count = (seen.get(item.at) ?? 0) + 1;
    seen.set(item.at, count);
    return { ...item, key: `${item.at}.${count}` };
  });
}
