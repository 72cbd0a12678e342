import pg from "pg";

export interface Logger {
  info(message: string): void;
  warn(message: string): void;
}

export interface PostgresListenerOptions {
  readonly url: string;
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /** Called after each reconnect: what was sent meanwhile is unknown. */
  readonly onGap: () => void;
  readonly logger: Logger;
}

const RETRY_MS = 1000;

/** LISTEN on a connection of its own (a pooled one changes hands), opened again whenever it breaks. */
export class PostgresListener {
  readonly #options: PostgresListenerOptions;
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PostgresListenerOptions) {
    this.#options = options;
  }

  /** Resolves once the channel is listened to; rejects when the server cannot be reached now. */
  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#options.url });
    client.on("notification", (message) => this.#options.onMessage(message.payload ?? ""));
    client.on("error", (error) => this.#options.logger.warn(`Listening was interrupted: ${error.message}`));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(this.#options.channel)}`);
    } catch (error) {
      await client.end();
      throw error;
    }
    if (this.#closed) return client.end();
    this.#client = client;
    client.on("end", () => this.#startAgain());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#client?.end();
  }

  #startAgain(): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.start().then(
        () => this.#options.onGap(),
        () => this.#startAgain(),
      );
    }, RETRY_MS);
  }
}
