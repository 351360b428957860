/** A field of a strategy's parameters, drawn from their JSON Schema. */
export interface SchemaField {
  /** Path from the root, e.g. `['weights', 'trend']`. */
  readonly path: readonly string[];
  readonly kind: 'number' | 'integer' | 'boolean' | 'choice' | 'text';
  readonly title: string;
  readonly description: string | null;
  readonly initial: unknown;
  readonly min: number | null;
  readonly max: number | null;
  readonly choices: readonly string[];
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** "fastPeriod" as "Fast period". */
export function humanise(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The leaf fields of an object schema, in its order; objects inside are opened. What is not known is text. */
export function schemaFields(
  schema: Json,
  path: readonly string[] = [],
  given: unknown = schema.default,
): readonly SchemaField[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.entries(properties).flatMap(([name, raw]) => {
    if (!isObject(raw)) return [];
    const own = isObject(given) && name in given ? given[name] : raw.default;
    if (raw.type === 'object' && isObject(raw.properties)) return schemaFields(raw, [...path, name], own);
    const choices = Array.isArray(raw.enum) ? raw.enum.map(String) : [];
    const title = typeof raw.title === 'string' ? raw.title : humanise(name);
    return [
      {
        path: [...path, name],
        kind: choices.length > 0 ? ('choice' as const) : kindOf(raw.type),
        title: path.length === 0 ? title : `${humanise(path.at(-1) ?? '')}: ${title.toLowerCase()}`,
        description: typeof raw.description === 'string' ? raw.description : null,
        initial: own,
        min: numberOf(raw.minimum) ?? numberOf(raw.exclusiveMinimum),
        max: numberOf(raw.maximum) ?? numberOf(raw.exclusiveMaximum),
        choices,
      },
    ];
  });
}

function kindOf(type: unknown): SchemaField['kind'] {
  return type === 'number' || type === 'integer' || type === 'boolean' ? type : 'text';
}

/** Puts typed texts and switches back into an object: numbers as numbers, empty fields left to their defaults. */
export function parametersOf(
  fields: readonly SchemaField[],
  values: Readonly<Record<string, string | boolean>>,
): Json {
  const root: Json = {};
  for (const field of fields) {
    const value = values[field.path.join('.')];
    if (value === undefined || value === '') continue;
    let place = root;
    for (const step of field.path.slice(0, -1)) {
      const next = isObject(place[step]) ? place[step] : {};
      place[step] = next;
      place = next;
    }
    const isNumber = field.kind === 'number' || field.kind === 'integer';
    place[field.path.at(-1) ?? ''] =
      isNumber && typeof value === 'string' ? Number(value.replace(',', '.')) : value;
  }
  return root;
}

/** Parameters flattened for reading: `weights.trend` beside its value. */
export function flatParameters(parameters: Json, prefix = ''): readonly { name: string; value: unknown }[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    isObject(value) ? flatParameters(value, `${prefix}${name}.`) : [{ name: `${prefix}${name}`, value }],
  );
}
