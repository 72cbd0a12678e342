import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { AbstractConnector, type RedisOptions } from "ioredis";
import type { Address } from "../redis-target.ts";

/** An ioredis connector that asks anew at each connection where to go: any server of a cluster will do, and each may be gone. */
export function roamingConnector(
  address: () => Address | undefined,
  tls: ConnectionOptions | undefined,
): NonNullable<RedisOptions["Connector"]> {
  return class RoamingConnector extends AbstractConnector {
    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? 200);
    }

    async connect(): Promise<Socket> {
      const target = address();
      if (target === undefined) throw new Error("no server of the cluster answers");
      const stream = tls === undefined ? connect(target) : connectTls({ ...target, ...tls });
      stream.once("error", (error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }
  };
}
