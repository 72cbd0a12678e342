import {
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  isListType,
  isNonNullType,
  responsePathAsArray as pathToArray,
} from "graphql";
import type { Cache } from "../engine/cache.ts";
import type { Emit } from "../engine/events.ts";
import type { Load, Loaded, ReadPlan, ReadResult } from "../engine/read-plan.ts";
import { unsharedError, whyUnshared } from "../engine/source-error.ts";
import { stampNames } from "../keys/grammar.ts";
import type { Asker, Audiences } from "./audience.ts";
import { BackgroundLoads } from "./background-context.ts";
import { DanglingEntries, type UnpackedResult } from "./dangling-entries.ts";
import type { EarlyWaves } from "./early-waves.ts";
import { servesEntries } from "./entry-resolvers.ts";
import type { FieldPolicy } from "./field-policy.ts";
import { collectHints, noHints } from "./hints.ts";
import { createFieldPlanner, type FieldCall, type PlannerOptions } from "./plan-read.ts";
import type { Packed, References, Unpacked } from "./references.ts";
import { refusalOf } from "./refused-value.ts";
import type { RequestState, RequestStates } from "./request-state.ts";
import { renderTagTemplate, settledFor } from "./tag-template.ts";
import type { Taint, TaintGuard } from "./taint-guard.ts";

export interface FieldCacheDeps extends PlannerOptions {
  readonly cache: Pick<Cache, "read" | "readNow" | "isAway">;
  readonly states: RequestStates;
  readonly audiences: Audiences;
  readonly guard: TaintGuard;
  readonly references: References;
  /** The context of background refreshes: see {@link BackgroundLoads}. */
  readonly backgroundContext?: (asker: Asker) => unknown;
  /** Absent where nothing is to be looked up before it is asked for. */
  readonly earlyWaves?: EarlyWaves;
  readonly emit: Emit;
}

type Resolver = GraphQLFieldResolver<unknown, unknown>;

const WHO = { what: "who asks", mend: "scope: PRIVATE, or vary" };
const TAINTS: Readonly<Record<Taint, { readonly what: string; readonly mend: string }>> = {
  principal: WHO,
  private: WHO,
  selection: { what: "which fields are selected", mend: "selection: true" },
  vary: { what: "what varies by more than its key tells apart", mend: "the same vary" },
};

/** The resolver of one cached field: plan, read, entities put in their places. */
export function cachedResolver(original: Resolver, policy: FieldPolicy, deps: FieldCacheDeps): Resolver {
  const { coordinate, scope, shape, lifetimes } = policy;
  const { cache, states, guard, references, audiences, earlyWaves, warn, emit } = deps;
  const { plan: planRead, parentNames } = createFieldPlanner(policy, deps);
  const valueTemplates = policy.tags.filter(({ fromValue }) => fromValue);
  const background = new BackgroundLoads({
    policy,
    backgroundContext: deps.backgroundContext,
    audiences,
    guard,
    warn,
  });
  const isForEverybody = scope === "PUBLIC" && policy.vary.length === 0;
  const dangling = new DanglingEntries(lifetimes.freshMs);

  /** At once where the value is there; otherwise a promise. */
  function serve(call: FieldCall, state: RequestState): unknown {
    // A fill that asks for what is not for everybody is not for everybody either.
    if (scope === "PRIVATE") guard.taint("private");
    guard.taintByVary(policy.vary);
    const plan = planRead(call, state);
    if (call.info.path.prev === undefined) {
      state.recording?.watch((onRead) => guard.watchReads(call.context, onRead));
      earlyWaves?.begin(call, state, "key" in plan ? plan.key : undefined);
    }
    if ("bypass" in plan) {
      note({ outcome: "bypass", reason: plan.bypass }, undefined, call, state);
      // The engine tells of the reads that it sees; of this one it knows nothing.
      emit({ type: "read", coordinate, outcome: "bypass", reason: plan.bypass });
      return original(call.parent, call.args, call.context, call.info);
    }
    // What is not looked up is not refreshed.
    const refresh = cache.isAway(plan) ? undefined : refreshOf(call, plan, state);
    const found = cache.readNow(plan, refresh);
    if (found === undefined) return serveLater(plan, call, state, () => readOnce(plan, call, state, refresh));
    const read = unpacked(plan, found, call, state);
    if (read instanceof Promise || read.dangling) return serveLater(plan, call, state, () => read);
    note(read, plan, call, state);
    return read.value;
  }

  async function serveLater(
    plan: ReadPlan,
    call: FieldCall,
    state: RequestState,
    begin: () => UnpackedResult | Promise<UnpackedResult>,
  ): Promise<unknown> {
    try {
      let result = await begin();
      if (result.dangling)
        result = await dangling.settle(plan, result, (wanted) => readOnce(wanted, call, state));
      note(result, plan, call, state);
      return result.value;
    } catch (error) {
      if (whyUnshared(error) !== undefined) guard.taint("private");
      note({ outcome: "miss", reason: "source-error" }, plan, call, state);
      throw error;
    }
  }

  async function readOnce(
    plan: ReadPlan,
    call: FieldCall,
    state: RequestState,
    refresh?: Load,
  ): Promise<UnpackedResult> {
    const result = await cache.read(plan, loadOf(call, plan), refresh);
    if (result.reason === "tainted" || result.reason === "private") guard.taint("private");
    return unpacked(plan, result, call, state);
  }

  /** With the entities in their places. */
  function unpacked(
    plan: ReadPlan,
    result: ReadResult,
    call: FieldCall,
    state: RequestState,
  ): UnpackedResult | Promise<UnpackedResult> {
    if (!references.isOpen(shape)) return { ...result, dangling: false };
    const end = ({ value, dangling }: Unpacked): UnpackedResult => {
      if (result.entryId !== undefined) earlyWaves?.learn(policy, plan.key, result.entryId, value);
      return { ...result, value, dangling };
    };
    const now = references.unpack(shape, result.value, state, call.context);
    return now instanceof Promise ? now.then(end) : end(now);
  }

  /** The original resolver, watched, and its value as the entry is to hold it. */
  function loadOf(call: FieldCall, plan: ReadPlan): Load {
    return (alone = false) => {
      if (alone) return loadAlone(call);
      const watch = {
        context: call.context,
        info: call.info,
        principal: scope === "PUBLIC",
        selection: !policy.selection,
        vary: policy.vary,
      };
      return guard.watch(watch, async (fill) => {
        const ofParent = parentNames(call);
        const hints = noHints(lifetimes);
        let returned: unknown;
        try {
          returned = await collectHints(call.info, hints, () =>
            original(call.parent, call.args, call.context, call.info),
          );
          // What graphql-js would make an error of is no value.
          if (returned instanceof Error) throw returned;
        } catch (error) {
          // Whom it refuses, and why, is as much of its caller as a value would be.
          const { unshared } = unsharedReason(fill.taint, hints, undefined, call, plan);
          throw unshared === undefined ? error : unsharedError(error, unshared);
        }
        const value = isListField(call.info) ? listOf(returned) : returned;
        const packed = await references.pack(shape, value, call);
        if (packed.whole !== undefined) {
          warn(
            "unstorable",
            coordinate,
            `${coordinate} is served and not stored: its value holds ${packed.whole}.`,
          );
        }
        const tags = [...packed.tags, ...ofParent, ...hints.tags, ...(await valueTags(call, value))];
        const unshared = unsharedReason(fill.taint, hints, packed, call, plan);
        return { value: packed.value, tags, lifetimes: hints.lifetimes, ...unshared } satisfies Loaded;
      });
    };
  }

  /**
   * As without a cache, but for the entities, which come from their own loaders. Nobody watches: what it is found to depend on
   * concerns the fill that asks for it, if there is one.
   */
  async function loadAlone(call: FieldCall): Promise<Loaded> {
    const { parent, args, context, info } = call;
    const hints = noHints(lifetimes);
    const value = await collectHints(info, hints, () => original(parent, args, context, info));
    if (hints.isPrivate) guard.taint("private");
    if (!references.isOpen(shape) || value instanceof Error) return { value, tags: [] };
    const packed = await references.pack(shape, isListField(info) ? listOf(value) : value, call);
    return { value: packed.value, tags: [] };
  }

  function unsharedReason(
    taint: Taint | undefined,
    hints: { readonly isPrivate: boolean; readonly lifetimes: { readonly freshMs: number } },
    packed: Pick<Packed, "value" | "whole"> | undefined,
    call: FieldCall,
    plan: ReadPlan,
  ): { readonly unshared?: string } {
    if (taint !== undefined) {
      const { what, mend } = TAINTS[taint];
      warn(
        "tainted",
        coordinate,
        `${coordinate} is served and not stored: its resolver looked at ${what}. Give it ${mend}.`,
      );
      return { unshared: "tainted" };
    }
    if (hints.isPrivate && scope === "PUBLIC") return { unshared: "private" };
    if (hints.lifetimes.freshMs <= 0) return { unshared: "zero" };
    if (packed?.whole !== undefined) return { unshared: "unstorable" };
    const refusal = packed && refusalOf(call.info.returnType, packed.value);
    if (refusal !== undefined) return { unshared: refusal };
    return isStillFor(call, plan) ? {} : { unshared: "audience-changed" };
  }

  /** Whoever was asking when the key was made is asking still: a resolver may sign somebody in. */
  function isStillFor(call: FieldCall, plan: ReadPlan): boolean {
    return isForEverybody || keyOf(call, states.of(call.context, call.info)) === plan.key;
  }

  function keyOf(call: FieldCall, state: RequestState): string | undefined {
    const plan = planRead(call, state);
    return "key" in plan ? plan.key : undefined;
  }

  async function valueTags({ args, parent }: FieldCall, value: unknown): Promise<readonly string[]> {
    if (valueTemplates.length === 0) return [];
    const roots = { args, parent, value: await settledFor("value", valueTemplates, value) };
    return valueTemplates.flatMap((template) => renderTagTemplate(template, roots).texts.map(stampNames.tag));
  }

  /** The same load for nobody's request, with a context that asks as this one does: otherwise there is none. */
  function refreshOf(call: FieldCall, plan: ReadPlan, state: RequestState): Load | undefined {
    return background.of({
      state,
      context: call.context,
      fits: isForEverybody
        ? undefined
        : (context) => keyOf({ ...call, context }, states.of(context)) === plan.key,
      load(context) {
        // Whatever its loaders remember is older than this load.
        states.renew(context);
        return loadOf({ ...call, context }, plan)();
      },
    });
  }

  function note(
    result: Omit<ReadResult, "value">,
    plan: ReadPlan | undefined,
    call: FieldCall,
    state: RequestState,
  ): void {
    state.recording?.add(plan, result, background.isPossible);
    const { outcome, reason, ageMs, remainingMs } = result;
    const read = { coordinate, outcome, scope, lifetimes, reason, ageMs, remainingMs };
    state.reads.push(
      state.debug ? { ...read, ...(plan && { key: plan.key }), path: pathToArray(call.info.path) } : read,
    );
  }

  return servesEntries((parent, args, context, info) => {
    const call = { parent, args, context, info };
    return serve(call, states.of(context, info));
  });
}

function isListField({ returnType }: GraphQLResolveInfo): boolean {
  return isListType(isNonNullType(returnType) ? returnType.ofType : returnType);
}

/** A generator can be gone through only once; a list, a Set and a Map survive as what they are. */
function listOf(value: unknown): unknown {
  const isOnce = typeof value === "object" && value !== null && "next" in value && Symbol.iterator in value;
  return isOnce ? [...(value as Iterable<unknown>)] : value;
}
