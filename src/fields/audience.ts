import { canonicalJson } from "../base/canonical-json.ts";
import { hmacDigest } from "../base/digest.ts";
import { quiet } from "../base/quiet.ts";
import { argsPart, escapePart, stampNames } from "../keys/grammar.ts";
import type { FieldPolicy } from "./field-policy.ts";
import type { RequestState } from "./request-state.ts";
import type { TaintGuard } from "./taint-guard.ts";
import type { Warn } from "./warn-once.ts";

/** What a key says of who asks: nothing for a PUBLIC field without `vary`. */
export interface Audience {
  readonly kind: "audience";
  /** Part of the key: the principal's HMAC, the vary values, or both. */
  readonly part: string | undefined;
  /** Stamp name of the principal, for PRIVATE. */
  readonly principalTag: string | undefined;
}

/** The cache must not be asked at all: nothing is read, stored or shared. */
export interface NoAudience {
  readonly kind: "none";
  readonly reason: "no-principal" | "principal-failed" | "vary-failed";
}

export interface AudienceOptions {
  readonly principal?: (context: never) => unknown;
  readonly vary?: Readonly<Record<string, (context: never) => unknown>>;
  /** Key of the HMAC that stands for a principal. */
  readonly secret: string;
  readonly guard: TaintGuard;
  readonly warn: Warn;
}

export interface Audiences {
  of(
    policy: Pick<FieldPolicy, "coordinate" | "scope" | "vary">,
    state: RequestState,
    context: unknown,
  ): Audience | NoAudience;
  /** Principal and vary values as they are, for `backgroundContext`. Throws what their functions throw. */
  asker(context: unknown): Asker;
}

export interface Asker {
  readonly principal: string | number | bigint | undefined;
  /** By registered name. */
  readonly vary: Readonly<Record<string, unknown>>;
}

/** Of what is the same for all. */
export const EVERYBODY: Audience = { kind: "audience", part: undefined, principalTag: undefined };

export function createAudiences({ principal, vary = {}, secret, guard, warn }: AudienceOptions): Audiences {
  /** Asked at each call, not remembered: an outer wrapper may sign somebody in in the middle of a request. */
  function principalOf(context: unknown): string | number | bigint | undefined {
    const id = quiet(principal?.(context as never));
    if (id === null || id === undefined || id === "") return undefined;
    if (typeof id === "string" || typeof id === "bigint" || Number.isFinite(id))
      return id as string | number | bigint;
    throw new TypeError(
      `The option "principal" must return a string, number, bigint, null or undefined, but returned: ${typeof id}.`,
    );
  }

  function varyValues(names: readonly string[], context: unknown): Record<string, unknown> {
    return Object.fromEntries(names.map((name) => [name, quiet(vary[name]?.(context as never))]));
  }

  function principalDigest(state: RequestState, id: string): string {
    let digest = state.principals.get(id);
    if (digest === undefined) {
      digest = hmacDigest(secret, id);
      state.principals.set(id, digest);
    }
    return digest;
  }

  function varyPart(names: readonly string[], context: unknown): string | undefined {
    if (names.length === 0) return undefined;
    const values = varyValues(names, context);
    // By name, with an undefined written out: undefined, null and "" are three audiences.
    return argsPart(names.map((name) => `${name}=${canonicalJson(values[name])}`).join("&"));
  }

  return {
    of(policy, state, context) {
      if (policy.scope === "PUBLIC" && policy.vary.length === 0) return EVERYBODY;
      return guard.outside(() => {
        let id: string | undefined;
        let digest: string | undefined;
        try {
          if (policy.scope === "PRIVATE") {
            id = principalOf(context)?.toString();
            if (id === undefined) return { kind: "none", reason: "no-principal" };
            digest = principalDigest(state, id);
          }
        } catch (error) {
          warn("principal-failed", policy.coordinate, failure(policy.coordinate, "principal", error));
          return { kind: "none", reason: "principal-failed" };
        }
        try {
          const parts = [
            digest === undefined ? undefined : escapePart(digest),
            varyPart(policy.vary, context),
          ];
          return {
            kind: "audience",
            part: parts.filter((part) => part !== undefined).join(","),
            principalTag: digest === undefined ? undefined : stampNames.principal(digest),
          };
        } catch (error) {
          warn("vary-failed", policy.coordinate, failure(policy.coordinate, "vary", error));
          return { kind: "none", reason: "vary-failed" };
        }
      });
    },
    asker: (context) =>
      guard.outside(() => ({
        principal: principalOf(context),
        vary: varyValues(Object.keys(vary), context),
      })),
  };
}

function failure(coordinate: string, option: "principal" | "vary", error: unknown): string {
  const problem = error instanceof Error ? error.message : String(error);
  return `${coordinate} is served without the cache, because the option "${option}" failed: ${problem}`;
}
