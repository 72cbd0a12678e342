import { once } from "node:events";
import net from "node:net";
import { describe, expect, it } from "vitest";
import { runScript } from "./workers-group.ts";

describe("workers that cannot start", () => {
  const end = async (script: string, args: string[], environment: Record<string, string>) => {
    const child = runScript(script, args, environment);
    let text = "";
    child.stderr.on("data", (part: Buffer) => {
      text += part.toString();
    });
    let out = "";
    child.stdout.on("data", (part: Buffer) => {
      out += part.toString();
    });
    const [code] = await once(child, "close");
    return { code, text, out };
  };
  const demo = "../../src/demo/main.ts";

  it("say so once, with the reason, and end with 1", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as net.AddressInfo;
    const { code, text } = await end("workers-process.ts", ["3", "", "500"], {
      REDIS_URL: "redis://127.0.0.1:1",
      PORT: String(port),
    });
    taken.close();
    expect(code).toBe(1);
    expect(text.match(/EADDRINUSE/g)).toHaveLength(1);
  });

  it("name every variable that they need and have not, in one error", async () => {
    const { code, text } = await end(demo, ["--workers", "2"], { LOG_LEVEL: "loud" });
    expect(code).toBe(1);
    expect(text).toBe(
      [
        "The environment cannot be used:",
        '  LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, but is "loud"',
        "  REDIS_URL must be set for several workers, as each would have a cache of its own and not hear of the others' invalidations; for example redis://localhost:6379",
        "  DATABASE_URL must be set for several workers, as the embedded database belongs to one process; for example postgres://user:password@localhost:5432/name",
        "",
      ].join("\n"),
    );
  });

  it.each([["0"], ["two"]])("refuse --workers=%s in plain words", async (workers) => {
    const { code, text } = await end(demo, [`--workers=${workers}`], {});
    expect(code).toBe(1);
    expect(text).toBe(
      `--workers must be a whole number from 1 to 999, for example --workers 4, but is ${JSON.stringify(workers)}.\n`,
    );
  });

  it("are explained by --help", async () => {
    const { code, out } = await end(demo, ["--help"], {});
    expect(code).toBe(0);
    expect(out).toContain(
      "npm start -- --workers <N>     N processes on one port; needs REDIS_URL and DATABASE_URL",
    );
  });
});
