/** What one owner has in a ring, oldest first. */
interface Queue<Item> {
  first: Kept<Item> | undefined;
  last: Kept<Item> | undefined;
  count: number;
  bytes: number;
}

interface Kept<Item> {
  readonly item: Item;
  readonly bytes: number;
  /** The next one of the same owner. */
  next: Kept<Item> | undefined;
  /** The neighbours among all, by age. */
  older: Kept<Item> | undefined;
  newer: Kept<Item> | undefined;
}

export interface FairRing<Item> {
  readonly add: (owner: string, item: Item, bytes: number) => void;
  /** The newest first. */
  readonly items: () => Iterable<Item>;
}

/**
 * Keeps the newest items, at most so many and so many bytes. Where there is no room for one more, the oldest goes of the owner who has
 * most: a noisy one loses its own items and pushes out nobody else's. Adding takes time for the number of owners only.
 */
export const fairRing = <Item>(maxCount: number, maxBytes: number): FairRing<Item> => {
  const queues = new Map<string, Queue<Item>>();
  let newest: Kept<Item> | undefined;
  let count = 0;
  let bytes = 0;

  /** The owner who has most of what there is too much of. */
  const largest = (by: 'count' | 'bytes'): string => {
    let found = '';
    let most = 0;
    for (const [owner, queue] of queues)
      if (queue[by] > most) {
        most = queue[by];
        found = owner;
      }
    return found;
  };

  const dropOldest = (owner: string): void => {
    const queue = queues.get(owner);
    const oldest = queue?.first;
    if (queue === undefined || oldest === undefined) return;
    queue.first = oldest.next;
    queue.count -= 1;
    queue.bytes -= oldest.bytes;
    if (queue.first === undefined) queues.delete(owner);
    count -= 1;
    bytes -= oldest.bytes;
    if (oldest.older !== undefined) oldest.older.newer = oldest.newer;
    if (oldest.newer !== undefined) oldest.newer.older = oldest.older;
    else newest = oldest.older;
    // One that was dropped but is not collected yet would keep all that came after it.
    oldest.next = undefined;
    oldest.newer = undefined;
  };

  return {
    add: (owner, item, size) => {
      let queue = queues.get(owner);
      if (queue === undefined) {
        queue = { first: undefined, last: undefined, count: 0, bytes: 0 };
        queues.set(owner, queue);
      }
      const kept: Kept<Item> = { item, bytes: size, next: undefined, older: newest, newer: undefined };
      if (newest !== undefined) newest.newer = kept;
      newest = kept;
      if (queue.last !== undefined && queue.first !== undefined) queue.last.next = kept;
      else queue.first = kept;
      queue.last = kept;
      queue.count += 1;
      queue.bytes += size;
      count += 1;
      bytes += size;
      while (count > maxCount) dropOldest(largest('count'));
      while (bytes > maxBytes) dropOldest(largest('bytes'));
    },
    items: function* () {
      for (let kept = newest; kept !== undefined; kept = kept.older) yield kept.item;
    },
  };
};
