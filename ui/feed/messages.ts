import {
  feedErrorSchema,
  listDataSchema,
  type ServerMessage,
  type TopicItem,
  type TopicName,
  topicItems,
} from '../../src/contract/feed.schema.ts';

/** Name of the topic's schema: what stands before the first colon. Null for a topic that nobody knows. */
export function topicName(topic: string): TopicName | null {
  const name = topic.split(':', 1)[0] ?? '';
  return Object.hasOwn(topicItems, name) ? (name as TopicName) : null;
}

export type TopicMessage<T extends TopicName> =
  | { readonly kind: 'snapshot'; readonly items: readonly TopicItem<T>[] }
  | { readonly kind: 'change'; readonly items: readonly TopicItem<T>[]; readonly removed: readonly string[] }
  | { readonly kind: 'error'; readonly message: string };

/** Parses the `data` of a message by its topic's schema; what does not fit becomes an error that says where. */
export function readMessage(message: ServerMessage): TopicMessage<TopicName> {
  if (message.type === 'error') {
    const parsed = feedErrorSchema.safeParse(message.data);
    return { kind: 'error', message: parsed.success ? parsed.data.message : 'The feed reported an error.' };
  }
  const name = topicName(message.topic);
  if (name === null) return { kind: 'error', message: `unknown topic "${message.topic}"` };
  const list = listDataSchema.safeParse(message.data);
  if (!list.success) return { kind: 'error', message: `topic "${message.topic}": not a list` };
  const items: TopicItem<TopicName>[] = [];
  for (const raw of list.data.items) {
    const item = topicItems[name].item.safeParse(raw);
    if (!item.success) {
      const issue = item.error.issues[0];
      const where = issue === undefined ? '' : ` at "${issue.path.join('.')}": ${issue.message}`;
      return { kind: 'error', message: `topic "${message.topic}": unreadable item${where}` };
    }
    items.push(item.data as TopicItem<TopicName>);
  }
  return message.type === 'snapshot'
    ? { kind: 'snapshot', items }
    : { kind: 'change', items, removed: list.data.removed };
}

/** Key of an item in its topic's list. */
export function keyOf(name: TopicName, item: TopicItem<TopicName>): string {
  // Each key function takes the item type of its own topic: the caller's pair is of one topic.
  return (topicItems[name].key as (item: TopicItem<TopicName>) => string)(item);
}
