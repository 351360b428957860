/** What is due at some time. Times only grow while it is in the queue, through `update`. */
export interface Due {
  /** Epoch ms; Infinity for never again. */
  readonly at: number;
  /** Decides between equal times: the smaller goes first. */
  readonly order: number;
}

/** A binary heap of what is due, the earliest first. */
export class DueQueue<T> {
  readonly #items: { due: Due; value: T }[] = [];

  get first(): { due: Due; value: T } | undefined {
    return this.#items[0];
  }

  add(value: T, due: Due): void {
    this.#items.push({ due, value });
    this.#up(this.#items.length - 1);
  }

  /** Gives the first one its next time. */
  updateFirst(at: number): void {
    const item = this.#items[0];
    if (item === undefined) return;
    item.due = { at, order: item.due.order };
    this.#down();
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#items[a]?.due;
    const y = this.#items[b]?.due;
    if (x === undefined || y === undefined) return x !== undefined;
    return x.at < y.at || (x.at === y.at && x.order < y.order);
  }

  #swap(a: number, b: number): void {
    const x = this.#items[a];
    const y = this.#items[b];
    if (x === undefined || y === undefined) return;
    this.#items[a] = y;
    this.#items[b] = x;
  }

  #up(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #down(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < this.#items.length && this.#isBefore(left, least)) least = left;
      if (right < this.#items.length && this.#isBefore(right, least)) least = right;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }
}
