/** What the tests use of ib-tws-api 1.3.0, which has no types of its own. */
declare module 'ib-tws-api' {
  export class Client {
    constructor(parameters: { host: string; port: number; clientId: number; timeoutMs?: number });
    on(event: string, listener: (...args: unknown[]) => void): void;
    getCurrentTime(): Promise<number>;
    getContractDetails(contract: object): Promise<{ contract: Record<string, unknown> }[]>;
    placeOrder(parameters: { contract: object; order: object }): Promise<number>;
    getPositions(): Promise<unknown>;
    getAllOpenOrders(): Promise<unknown>;
    getHistoricalData(parameters: object): Promise<unknown>;
    getMarketDataSnapshot(parameters: object): Promise<unknown>;
  }
  export const Contract: { stock(symbol: string): object };
  export const Order: {
    market(fields: { action: string; totalQuantity: number }): object;
    limit(fields: { action: string; totalQuantity: number; lmtPrice: number }): object;
  };
}
