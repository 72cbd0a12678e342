import { type Redis, SentinelConnector } from "ioredis";

interface SentinelClients {
  connectToSentinel(...args: readonly unknown[]): Redis;
}

/**
 * ioredis' way to the master that sentinels name. The clients by which it listens to them have no listener for errors of
 * their own: each sentinel that is away would be a line on stderr, every two seconds.
 */
export class QuietSentinels extends SentinelConnector {
  constructor(options: ConstructorParameters<typeof SentinelConnector>[0]) {
    super(options);
    const clients = this as unknown as SentinelClients;
    const connect = clients.connectToSentinel.bind(this);
    clients.connectToSentinel = (...args) => connect(...args).on("error", () => {});
  }
}
