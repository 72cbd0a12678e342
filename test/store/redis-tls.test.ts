import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKeys } from "../../src/keys/grammar.ts";
import { createRedisStore } from "../../src/store/redis/create-redis-store.ts";
import type { RedisTarget } from "../../src/store/redis/redis-target.ts";
import type { Store } from "../../src/store/store.ts";
import { type Group, startGroup } from "../gateway/workers-group.ts";
import { type Certificates, makeCertificates } from "../support/certificates.ts";
import { freePort, type RedisServer, startRedis } from "../support/redis-server.ts";

const keys = createKeys("shop");
const timeouts = { readMs: 5000, writeMs: 5000, invalidateMs: 5000 };
let certificates: Certificates;
/** Without and with a look at who connects. */
let open: { readonly server: RedisServer; readonly tlsPort: number };
let mutual: typeof open;
let store: Store | undefined;

beforeAll(async () => {
  certificates = await makeCertificates();
  open = await startTls("no");
  mutual = await startTls("yes");
});
afterEach(() => store?.close());
afterAll(async () => {
  await open.server.stop();
  await mutual.server.stop();
  await certificates.remove();
});

async function startTls(authClients: "yes" | "no"): Promise<typeof open> {
  const tlsPort = await freePort();
  const { authority, server } = certificates;
  const args = ["--tls-port", String(tlsPort), "--tls-ca-cert-file", authority.file];
  args.push("--tls-cert-file", server.certFile, "--tls-key-file", server.keyFile);
  return { tlsPort, server: await startRedis({ args: [...args, "--tls-auth-clients", authClients] }) };
}

async function stateWith(redis: RedisTarget) {
  store = createRedisStore({ redis, keys, timeouts });
  await store.ready();
  return store.state();
}

describe("TLS", () => {
  test("with an authority of one's own, given as an option of the client", async () => {
    const tls = { ca: certificates.authority.text };
    expect(await stateWith({ host: "localhost", port: open.tlsPort, tls })).toMatchObject({ status: "up" });
    const [stamp] = await store!.stamps([{ stampKey: keys.stamp("Product:42"), lifeMs: 1000 }]);
    expect(await open.server.client().get(keys.stamp("Product:42"))).toBe(stamp);
  });

  test("with a certificate of the client, where the server wants one", async () => {
    const { authority, client } = certificates;
    const tls = { ca: authority.text, ...client };
    expect(await stateWith({ host: "localhost", port: mutual.tlsPort, tls })).toMatchObject({ status: "up" });
  });

  test("is down, and told why, without that certificate", async () => {
    const tls = { ca: certificates.authority.text };
    const { status, detail } = await stateWith({ host: "localhost", port: mutual.tlsPort, tls });
    expect(status).toBe("down");
    // Whichever is heard first: the server's alert, or that it closed.
    expect(detail).toMatch(/the server closes new connections|certificate required/);
  });

  test("is down, and told why, where nobody known vouches for the server", async () => {
    expect(await stateWith(`rediss://localhost:${open.tlsPort}`)).toMatchObject({
      status: "down",
      detail: expect.stringMatching(/unable to verify the first certificate|self-signed certificate/),
    });
  });

  test("is down, and told why, where the certificate is another host's", async () => {
    const tls = { ca: certificates.authority.text };
    expect(await stateWith({ host: "127.0.0.1", port: open.tlsPort, tls })).toMatchObject({
      status: "down",
      detail: expect.stringMatching(/does not match certificate's altnames/),
    });
  });

  test("is down where the server speaks plainly, and waits for a word that it knows", async () => {
    expect(await stateWith(`rediss://localhost:${open.server.port}`)).toMatchObject({
      status: "down",
      detail: expect.stringContaining("ETIMEDOUT"),
    });
  });
});

describe("a gateway with REDIS_URL=rediss://", () => {
  const start = (environment: Record<string, string>) =>
    startGroup({ workers: 1, redisUrl: `rediss://localhost:${open.tlsPort}`, environment });
  const readyOf = async (group: Group) => JSON.parse((await group.get("/health/ready")).text) as object;

  test("trusts the authority that NODE_EXTRA_CA_CERTS names", async () => {
    const group = await start({ NODE_EXTRA_CA_CERTS: certificates.authority.file });
    try {
      expect(await group.ask("{ price(id: 1) }")).toEqual({ price: 1 });
      expect(await readyOf(group)).toMatchObject({ status: "ready", store: "up" });
      expect(await open.server.client().keys("fieldgate:{Query.price*")).not.toEqual([]);
    } finally {
      await group.end();
    }
  });

  test("answers from the source, is degraded and says why, where it trusts none", async () => {
    const group = await start({});
    try {
      expect(await group.ask("{ price(id: 1) }")).toEqual({ price: 1 });
      expect(await readyOf(group)).toMatchObject({ status: "degraded", store: "down" });
      expect(group.logLines).toContainEqual(
        expect.objectContaining({
          detail: expect.stringMatching(/unable to verify the first certificate|self-signed certificate/),
        }),
      );
    } finally {
      await group.end();
    }
  });
});
