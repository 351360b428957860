/** Triggers of a table whose rows are facts: they are added and never changed or removed. */
export const appendOnly = (table: string) => [
  {
    name: 'append_only',
    timing: 'before' as const,
    events: ['update' as const, 'delete' as const],
    forEach: 'row' as const,
    body: `raise exception '${table} is append-only';`,
  },
  {
    name: 'no_truncate',
    timing: 'before' as const,
    events: ['truncate' as const],
    forEach: 'statement' as const,
    body: `raise exception '${table} is append-only';`,
  },
];
