import { useSessionsStore } from '../stores/sessions.ts';

/** Name of a session by id; the id itself for one that is gone. */
export function useSessionNames(): (id: string) => string {
  const sessions = useSessionsStore();
  return (id) => sessions.byKey.get(id)?.name ?? id;
}
