/** A strategy with its parameters under a name: a row in the database, an entry in YAML. */
export interface StrategyDefinition {
  /** Unique, lower case letters, digits and dashes. */
  readonly name: string;
  /** Key of the strategy registry: `sma`, `rsi`, `enhanced`, ... */
  readonly kind: string;
  /** Validated by the kind's schema before it is stored. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly notes: string | null;
  /** Where it came from. */
  readonly origin: 'builtin' | 'config' | 'dashboard' | 'optimiser';
}
