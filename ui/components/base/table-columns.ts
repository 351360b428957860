/** A column of a DataTable. Its cells are drawn by the slot `cell-<id>`. */
export interface TableColumn<Row> {
  readonly id: string;
  readonly label: string;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** Takes what room is left. */
  readonly fill?: boolean;
  /** What to sort by; without it the column does not sort. Missing values come last both ways. */
  readonly sort?: (row: Row) => number | string | null;
  /** Cannot be hidden. */
  readonly fixed?: boolean;
  /** Left out on a phone, where the row is opened for the rest. */
  readonly wide?: boolean;
  /** Words for a screen reader where the head is empty. */
  readonly silent?: boolean;
}

export interface Sorting {
  readonly id: string;
  readonly desc: boolean;
}

/** Reads `last:desc` out of a query; null when it names no sortable column. */
export function readSorting<Row>(text: string | null, columns: readonly TableColumn<Row>[]): Sorting | null {
  if (text === null) return null;
  const [id = '', way = 'asc'] = text.split(':');
  return columns.some((column) => column.id === id && column.sort !== undefined)
    ? { id, desc: way === 'desc' }
    : null;
}

/** The next sorting when a head is pressed: up, down, none. */
export function nextSorting(current: Sorting | null, id: string): Sorting | null {
  if (current === null || current.id !== id) return { id, desc: false };
  return current.desc ? null : { id, desc: true };
}

/** Compares two sort values of one column, neither missing. */
export function compareValues(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}
