/** One price of one side of the book, in shares or contracts. */
export interface BookLevel {
  readonly price: number;
  readonly size: number;
}

/** Both sides, best price first. Empty before the first trade of a market and while it is halted. */
export interface DepthBook {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}
