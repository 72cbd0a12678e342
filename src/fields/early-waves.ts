import {
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { Cache } from "../engine/cache.ts";
import type { ReadPlan } from "../engine/read-plan.ts";
import type { EntityRegistry } from "./entity-registry.ts";
import { type FieldPolicy, someShape, type ValueShape } from "./field-policy.ts";
import type { EntityKeys, Identity } from "./identity.ts";
import { LearntEntities } from "./learnt-entities.ts";
import {
  type Conditioned,
  createOperationReads,
  type EntityReads,
  type ReadsOfType,
  type SelectedField,
} from "./operation-reads.ts";
import {
  createFieldPlanner,
  type FieldCall,
  type FieldPlanner,
  type PlanAhead,
  type PlannerOptions,
} from "./plan-read.ts";
import type { References } from "./references.ts";
import type { RequestState } from "./request-state.ts";

export interface EarlyWavesOptions extends PlannerOptions {
  readonly cache: Pick<Cache, "lookEarly">;
  /** Of fields by coordinate, of the rows of entities with a loader by type. */
  readonly policies: {
    readonly fields: ReadonlyMap<string, FieldPolicy>;
    readonly rows: ReadonlyMap<string, FieldPolicy>;
    readonly keys: EntityKeys;
  };
  readonly registry: EntityRegistry;
  readonly references: Pick<References, "typeOf">;
}

/**
 * Looks up in the first wave of an operation what would otherwise be found to be wanted one wave after the other: the entity
 * that a root field's arguments name, those that a root field's entry showed last time, their cached fields, and so on.
 *
 * It guesses. A guess that is wrong costs a key in a batch; none changes an answer, as every field goes on to plan its own
 * read, and takes an early look only at that very key (`engine/early-looks.ts`).
 */
export interface EarlyWaves {
  /** A root field is about to be read; with the key of its entry where it has one. */
  begin(call: FieldCall, state: RequestState, entryKey?: string): void;
  /** What an entry was found to hold, with its entities in their places. */
  learn(policy: FieldPolicy, key: string, entryId: string, value: unknown): void;
}

/** Entries that one request looks up early, at most: a list of lists must not become a batch of thousands. */
const MOST_LOOKS = 500;

/** An entity that is likely to be read, and what of it. */
interface Lead {
  readonly identity: Identity;
  readonly reads: ReadsOfType;
}

const LEAF: ValueShape = { kind: "leaf" };
const NO_READS: ReadsOfType = { fields: [], inRow: new Map() };

export function createEarlyWaves(options: EarlyWavesOptions): EarlyWaves {
  const { cache, identities, registry, warn } = options;
  const { fields, rows, keys } = options.policies;
  const operationReads = createOperationReads({ policies: fields, keys, registry });
  const learnt = new LearntEntities({ ...options, mostOfAnEntry: MOST_LOOKS });
  const planners = new Map<FieldPolicy, FieldPlanner>();
  const referring = new Map<FieldPolicy, boolean>();
  const looks = new WeakMap<RequestState, number>();

  function plannerOf(policy: FieldPolicy): FieldPlanner {
    let planner = planners.get(policy);
    if (planner === undefined) {
      planner = createFieldPlanner(policy, options);
      planners.set(policy, planner);
    }
    return planner;
  }

  function leadsOf(call: FieldCall, entryKey: string | undefined): Lead[] {
    const { info, args } = call;
    const policy = fields.get(`${info.parentType.name}.${info.fieldName}`);
    const named = entityNamedBy(info, args);
    const shape = policy?.shape ?? (named && rowShape(named.typeName));
    if (shape === undefined) return [];
    const shown = entryKey === undefined ? [] : learnt.of(entryKey);
    const isNew = named !== undefined && !shown.some(({ home }) => home === named.home);
    const all = isNew ? [named, ...shown] : shown;
    return info.fieldNodes.flatMap((node) => leadsTo(all, operationReads.below(node, shape, info)));
  }

  function rowShape(typeName: string): ValueShape {
    return { kind: "entity", typeName, inner: rows.get(typeName)?.shape ?? LEAF };
  }

  /** `feature(id: "grid")`: the entity of the field's type whose key the arguments are. */
  function entityNamedBy(info: GraphQLResolveInfo, args: FieldCall["args"]): Identity | undefined {
    const type = isNonNullType(info.returnType) ? info.returnType.ofType : info.returnType;
    if (!isObjectType(type)) return undefined;
    // An entity of several keys is known by all of them only once its row is there.
    const [names, ...others] = keys.get(type.name) ?? [];
    if (names === undefined || others.length > 0 || !names.every((name) => isGiven(args[name])))
      return undefined;
    try {
      return identities.ofId(type.name, Object.fromEntries(names.map((name) => [name, args[name]])));
    } catch {
      return undefined;
    }
  }

  /** Wave by wave; half of a wave would save nothing. */
  function collect(
    leads: readonly Lead[],
    call: FieldCall,
    state: RequestState,
    room: number,
  ): readonly ReadPlan[] {
    const ahead = new PlansAhead(call, state, plannerOf, registry);
    const plans = new Map<string, ReadPlan>();
    let next: Lead[] = [];
    const add = (plan: ReadPlan | undefined, reads: EntityReads) => {
      if (plan === undefined) return;
      const isNew = !plans.has(plan.key);
      plans.set(plan.key, plan);
      // Selections end; rows that refer to each other do not.
      if ((isNew || reads.size > 0) && next.length <= room) next.push(...leadsTo(learnt.of(plan.key), reads));
    };
    for (let wave = leads; wave.length > 0; wave = next) {
      next = [];
      if (plans.size + wave.length > room) break;
      for (const { identity, reads } of wave) add(ahead.row(identity), reads.inRow);
      if (wave.reduce((sum, { reads }) => sum + reads.fields.length, plans.size) > room) break;
      for (const { identity, reads } of wave) {
        for (const field of reads.fields) add(ahead.field(field, identity), field.reads);
      }
    }
    return [...plans.values()];
  }

  return {
    begin(call, state, entryKey) {
      const { read, down } = state.session;
      if (!read || down.size > 0 || call.info.operation.operation !== "query") return;
      try {
        const leads = leadsOf(call, entryKey);
        if (leads.length === 0) return;
        const before = looks.get(state) ?? 0;
        const plans = collect(leads, call, state, MOST_LOOKS - before);
        // The row of a root without entry is looked up in the first wave anyway.
        if (entryKey === undefined && plans.length <= 1) return;
        looks.set(state, before + plans.length);
        cache.lookEarly(plans);
      } catch (error) {
        // Nobody has asked for it: what went wrong here must fail nowhere but in the read that it was for.
        const problem = error instanceof Error ? error.message : String(error);
        warn(
          "early-waves",
          call.info.fieldName,
          `Nothing is looked up early below ${call.info.fieldName}: ${problem}`,
        );
      }
    },
    learn(policy, key, entryId, value) {
      let refers = referring.get(policy);
      if (refers === undefined) {
        refers = someShape(policy.shape, ({ kind }) => kind === "entity");
        referring.set(policy, refers);
      }
      if (refers) learnt.learn(key, entryId, policy.shape, value);
    },
  };
}

/** Rows are put in the places of their references whether they are selected or not. */
function leadsTo(entities: readonly Identity[], reads: EntityReads): Lead[] {
  return entities.map((identity) => ({ identity, reads: reads.get(identity.typeName) ?? NO_READS }));
}

/** The plans of one request, made before anything is called: what does not depend on the entity is worked out once. */
class PlansAhead {
  readonly #call: FieldCall;
  readonly #state: RequestState;
  readonly #plannerOf: (policy: FieldPolicy) => FieldPlanner;
  readonly #registry: EntityRegistry;
  readonly #fields = new Map<SelectedField, PlanAhead | undefined>();
  readonly #rows = new Map<string, PlanAhead | undefined>();

  constructor(
    call: FieldCall,
    state: RequestState,
    plannerOf: (policy: FieldPolicy) => FieldPlanner,
    registry: EntityRegistry,
  ) {
    this.#call = call;
    this.#state = state;
    this.#plannerOf = plannerOf;
    this.#registry = registry;
  }

  row(identity: Identity): ReadPlan | undefined {
    const { typeName } = identity;
    if (!this.#rows.has(typeName)) {
      this.#rows.set(typeName, this.#registry.get(typeName)?.ahead(this.#state, this.#call.context));
    }
    return this.#rows.get(typeName)?.(identity);
  }

  field(field: SelectedField, identity: Identity): ReadPlan | undefined {
    if (!this.#fields.has(field)) this.#fields.set(field, this.#open(field));
    return this.#fields.get(field)?.(identity);
  }

  #open({ policy, definition, node, conditions }: SelectedField): PlanAhead | undefined {
    const { context, info } = this.#call;
    if (!conditions.every((one) => isIncluded(one, info))) return undefined;
    try {
      const args = getArgumentValues(definition, node, info.variableValues);
      return this.#plannerOf(policy).ahead({ args, context, info }, this.#state);
    } catch {
      // Of arguments that cannot be coerced graphql-js makes the error of that field.
      return undefined;
    }
  }
}

function isIncluded(node: Conditioned, { variableValues }: GraphQLResolveInfo): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.["if"] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.["if"] !== false
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
