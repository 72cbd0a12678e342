import type { GraphQLResolveInfo } from "graphql";
import type { ReadPlan } from "../engine/read-plan.ts";
import { type Keys, rootHome, stampNames } from "../keys/grammar.ts";
import { argumentsPart } from "./arguments.ts";
import type { Audience, Audiences } from "./audience.ts";
import type { FieldPolicy } from "./field-policy.ts";
import type { Identities, Identity } from "./identity.ts";
import type { RequestState } from "./request-state.ts";
import { selectionDigest } from "./selection-digest.ts";
import { renderTagTemplate } from "./tag-template.ts";
import type { Warn } from "./warn-once.ts";

/** What a resolver is called with. */
export interface FieldCall {
  readonly parent: unknown;
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: unknown;
  readonly info: GraphQLResolveInfo;
}

/** Why a call does not reach the cache at all. */
export interface Bypass {
  readonly bypass:
    | "mutation"
    | "subscription"
    | "disabled"
    | "zero"
    | "no-identity"
    | "no-principal"
    | "principal-failed"
    | "vary-failed"
    | "unkeyable";
}

export interface PlannerOptions {
  readonly keys: Keys;
  readonly identities: Identities;
  readonly audiences: Audiences;
  /** The kill switch, asked at each call. */
  readonly isOn: (coordinate: string) => boolean;
  readonly warn: Warn;
}

export interface FieldPlanner {
  /** What one call wants of the cache. */
  plan(call: FieldCall, state: RequestState): ReadPlan | Bypass;
  /**
   * The same for parents of which only the key is known, before anything is called; undefined where a call with these arguments
   * is a bypass, or its key depends on more.
   */
  ahead(call: Omit<FieldCall, "parent">, state: RequestState): PlanAhead | undefined;
  /** What the value depends on besides its plan's tags: other names of its parent. */
  parentNames(call: FieldCall): readonly string[];
}

function isOfRoot({ info }: Pick<FieldCall, "info">): boolean {
  return info.parentType === info.schema.getQueryType();
}

/** The plan of a call on an entity of which only the key is known. */
export type PlanAhead = (identity: Identity) => ReadPlan;

/** What the calls of one field want of the cache. */
export function createFieldPlanner(policy: FieldPolicy, options: PlannerOptions): FieldPlanner {
  const { keys, identities, audiences, isOn, warn } = options;
  const { coordinate, typeName, fieldName, lifetimes, scope, ignoreArgs } = policy;
  const version = `v${policy.version}`;
  const templates = policy.tags.filter(({ fromValue }) => !fromValue);

  function bypassOf({ operation }: GraphQLResolveInfo): Bypass["bypass"] | undefined {
    if (operation.operation !== "query") return operation.operation;
    if (!isOn(coordinate)) return "disabled";
    return lifetimes.freshMs <= 0 ? "zero" : undefined;
  }

  function argsOf({
    args,
    info,
  }: Pick<FieldCall, "args" | "info">): { readonly part: string | undefined } | undefined {
    try {
      return { part: argumentsPart(args, ignoreArgs, policy.selection ? selectionDigest(info) : undefined) };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      warn("unkeyable", coordinate, `${coordinate} was served without the cache. ${problem}`);
      return undefined;
    }
  }

  // Nearly every call has these and no others.
  const always = (isRoot: boolean) => [
    stampNames.all,
    stampNames.field(coordinate),
    ...(isRoot ? [] : [stampNames.type(typeName)]),
  ];
  const usual = { root: always(true).sort(), entity: always(false).sort() };

  function tagsOf(
    { args, parent }: Pick<FieldCall, "args" | "parent">,
    isRoot: boolean,
    principalTag: string | undefined,
  ): readonly string[] {
    const base = isRoot ? usual.root : usual.entity;
    if (templates.length === 0 && principalTag === undefined) return base;
    const tags = new Set(base);
    if (principalTag !== undefined) tags.add(principalTag);
    for (const template of templates) {
      for (const text of renderTagTemplate(template, { args, parent }).texts) tags.add(stampNames.tag(text));
    }
    return [...tags].sort();
  }

  function planOf(
    call: Pick<FieldCall, "args" | "parent">,
    parent: Identity | undefined,
    args: string | undefined,
    audience: Audience,
    state: RequestState,
  ): ReadPlan {
    const home = parent?.home ?? rootHome(coordinate, args, audience.part);
    return {
      coordinate,
      // A root field's arguments and audience stand in its home already.
      key: keys.entry(
        parent === undefined
          ? { home, version }
          : {
              home,
              field: fieldName,
              version,
              ...(args === undefined ? {} : { args }),
              ...(audience.part === undefined ? {} : { audience: audience.part }),
            },
      ),
      home,
      tags: tagsOf(call, parent === undefined, audience.principalTag),
      lifetimes,
      scope,
      session: state.session,
      ...(policy.hot ? { hot: true } : {}),
    };
  }

  function plan(call: FieldCall, state: RequestState): ReadPlan | Bypass {
    const bypass = bypassOf(call.info);
    if (bypass !== undefined) return { bypass };
    const isRoot = isOfRoot(call);
    const parent = isRoot ? undefined : identities.of(typeName, call.parent);
    if (!isRoot && parent === undefined) {
      warn(
        "no-identity",
        coordinate,
        `${coordinate} was served without the cache, because its parent shows no key of "${typeName}". Return the key fields with every row, or name them in the option "identify".`,
      );
      return { bypass: "no-identity" };
    }
    const audience = audiences.of(policy, state, call.context);
    if (audience.kind === "none") return { bypass: audience.reason };
    const args = argsOf(call);
    if (args === undefined) return { bypass: "unkeyable" };

    return planOf(call, parent, args.part, audience, state);
  }

  function ahead(
    { args, context, info }: Omit<FieldCall, "parent">,
    state: RequestState,
  ): PlanAhead | undefined {
    if (policy.selection || bypassOf(info) !== undefined) return undefined;
    const audience = audiences.of(policy, state, context);
    const argsPart = argsOf({ args, info });
    if (audience.kind === "none" || argsPart === undefined) return undefined;
    return (identity) => {
      const parent = templates.length === 0 ? undefined : identities.keyFields(identity);
      return planOf({ args, parent }, identity, argsPart.part, audience, state);
    };
  }

  function parentNames(call: FieldCall): readonly string[] {
    const parent = isOfRoot(call) ? undefined : identities.of(typeName, call.parent);
    return parent === undefined ? [] : identities.otherNames(parent);
  }

  return { plan, ahead, parentNames };
}
