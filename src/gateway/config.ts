import { z } from "zod";

/** What the environment says; see {@link readConfig}. */
export interface GatewayConfig {
  readonly port: number;
  readonly host: string;
  /** undefined: the cache lives in this process. */
  readonly redisUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly namespace: string;
  readonly secret: string | undefined;
  /** `CACHE_DISABLED` is not set. */
  readonly cacheEnabled: boolean;
  readonly adminToken: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly environment: (typeof environments)[number];
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
const environments = ["development", "test", "production"] as const;
const redisUrls = /^(rediss?(\+(cluster|ring))?:\/\/.+|rediss?\+sentinel:\/\/.+\/.+|unix:\/.+)$/;

const variables = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, "must be a port number from 0 to 65535, for example 4000")
    .transform(Number)
    .refine((port) => port <= 65_535, "must be a port number from 0 to 65535, for example 4000")
    .default(4000),
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, "must be a host name or an address, for example 0.0.0.0")
    .optional(),
  REDIS_URL: z
    .string()
    .regex(
      redisUrls,
      "must be redis://host:6379, rediss://host:6379, redis+cluster://h1,h2, redis+sentinel://h1,h2/name, redis+ring://h1,h2 or unix:/path",
    )
    .optional(),
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\/.+/,
      "must be a PostgreSQL address, for example postgres://user:password@host:5432/name",
    )
    .optional(),
  CACHE_NAMESPACE: z
    .string()
    .regex(
      /^(?!:)[\w.:-]{1,64}(?<!:)$/,
      'must be 1 to 64 of A-Z a-z 0-9 _ . - : and neither begin nor end with ":"',
    )
    .default("fieldgate"),
  CACHE_SECRET: z
    .string()
    .refine(
      (secret) => Buffer.byteLength(secret) >= 32,
      "must have 32 bytes or more, for example the output of: openssl rand -hex 32",
    )
    .optional(),
  CACHE_DISABLED: z
    .enum(["1", "true", "0", "false"], { error: "must be true, 1, false or 0" })
    .transform((value) => value === "1" || value === "true")
    .default(false),
  ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces, as it travels in a header")
    .optional(),
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(", ")}` }).default("info"),
  NODE_ENV: z
    .enum(environments, { error: `must be one of ${environments.join(", ")}` })
    .default("development"),
});

/** Variables that must not appear in a log, not even when they are wrong. */
const secrets = new Set(["REDIS_URL", "DATABASE_URL", "CACHE_SECRET", "ADMIN_TOKEN"]);

/**
 * The configuration of a gateway, from environment variables; one that is set but empty counts as not set.
 *
 * `PORT` (4000), `HOST` (localhost; 0.0.0.0 in production), `REDIS_URL` (none: the embedded store), `DATABASE_URL` (none: the embedded
 * database), `CACHE_NAMESPACE` (fieldgate), `CACHE_SECRET`, `CACHE_DISABLED` (false), `ADMIN_TOKEN`, `LOG_LEVEL` (info), `NODE_ENV` (development).
 *
 * @example
 * const config = readConfig(process.env);
 *
 * @throws ConfigError that names every variable with a bad value.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): GatewayConfig {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = variables.safeParse(given);
  if (!parsed.success) throw new ConfigError(parsed.error.issues.map((issue) => describe(issue, given)));
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST ?? (data.NODE_ENV === "production" ? "0.0.0.0" : "localhost"),
    redisUrl: data.REDIS_URL,
    databaseUrl: data.DATABASE_URL,
    namespace: data.CACHE_NAMESPACE,
    secret: data.CACHE_SECRET,
    cacheEnabled: !data.CACHE_DISABLED,
    adminToken: data.ADMIN_TOKEN,
    logLevel: data.LOG_LEVEL,
    environment: data.NODE_ENV,
  };
}

/** Every bad variable of the environment, one line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The environment cannot be used:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

function describe(issue: z.core.$ZodIssue, given: Readonly<Record<string, string | undefined>>): string {
  const name = String(issue.path[0]);
  return secrets.has(name)
    ? `${name} ${issue.message}`
    : `${name} ${issue.message}, but is ${JSON.stringify(given[name])}`;
}
