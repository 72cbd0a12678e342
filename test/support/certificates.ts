import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** An authority of the test's own, with a server and a client that it vouches for. Files and their contents. */
export interface Certificates {
  readonly authority: { readonly file: string; readonly text: string };
  readonly server: { readonly certFile: string; readonly keyFile: string };
  readonly client: { readonly cert: string; readonly key: string };
  remove(): Promise<void>;
}

/** Made by openssl. The server's certificate is for `localhost`, and for no address. */
export async function makeCertificates(): Promise<Certificates> {
  const dir = await mkdtemp(path.join(tmpdir(), "fieldgate-tls-"));
  const at = (name: string) => path.join(dir, name);
  const openssl = (...args: string[]) => run("openssl", args, { cwd: dir });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];

  await openssl("req", "-x509", ...key, "-subj", "/CN=The tests", "-keyout", "ca.key", "-out", "ca.crt");
  for (const [name, extension] of [
    ["server", "subjectAltName=DNS:localhost"],
    ["client", "extendedKeyUsage=clientAuth"],
  ] as const) {
    await openssl("req", ...key, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    await writeFile(at("extension"), extension);
    const signed = [
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "extension",
    ];
    await openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.crt`, ...signed);
  }
  const text = (name: string) => readFile(at(name), "utf8");
  return {
    authority: { file: at("ca.crt"), text: await text("ca.crt") },
    server: { certFile: at("server.crt"), keyFile: at("server.key") },
    client: { cert: await text("client.crt"), key: await text("client.key") },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
