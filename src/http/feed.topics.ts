import { type TopicName, topicItems } from '../contract/feed.schema.ts';

/** How many parts follow the name of a topic, e.g. two in `bars:<instrumentId>:<timeframe>`. */
const parameters: Readonly<Record<TopicName, number>> = {
  system: 0,
  actors: 0,
  supervision: 0,
  prices: 0,
  positions: 0,
  account: 0,
  pnl: 0,
  reconciliation: 0,
  trades: 0,
  sessions: 0,
  decisions: 1,
  bars: 2,
};

/** The name of a topic of the right form; null for an unknown one. */
export function topicName(topic: string): TopicName | null {
  const [name = '', ...rest] = topic.split(':');
  if (!Object.hasOwn(parameters, name)) return null;
  const known = name as TopicName;
  return rest.length === parameters[known] && rest.every((part) => part !== '') ? known : null;
}

/** Key of an item in the list of its topic. */
export function keyOf(name: TopicName, item: unknown): string {
  // Each key function takes the item type of its own topic, which the runtime promises.
  return (topicItems[name].key as (item: unknown) => string)(item);
}
