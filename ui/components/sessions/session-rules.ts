import type { SessionView } from '../../../src/contract/session.schema.ts';
import type { SessionCommand } from '../../api/client.ts';

/** The commands that make sense for what a person wants of the session now, the most likely first. */
export function commandsFor(session: Pick<SessionView, 'desired'>): readonly SessionCommand[] {
  switch (session.desired) {
    case 'running':
      return ['pause', 'stop'];
    case 'paused':
      return ['resume', 'stop'];
    case 'stopped':
      return ['start'];
  }
}

/** How the session stands in one tone: failing, waiting on a person's wish, at work. */
export function toneOf(session: Pick<SessionView, 'desired' | 'state'>): 'danger' | 'warn' | 'ok' | 'idle' {
  if (session.state === 'failed') return 'danger';
  if (session.desired === 'paused') return 'warn';
  return session.desired === 'running' && session.state !== 'idle' ? 'ok' : 'idle';
}

/** What a session waits for, made to follow the words "Waiting for". */
export function waitWords(sentence: string): string {
  const rest = sentence.replace(/^waiting (for|to) /i, '').replace(/\.$/, '');
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}
