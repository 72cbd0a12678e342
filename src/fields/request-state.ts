import type { GraphQLResolveInfo } from "graphql";
import type { Lifetimes, Outcome, ReadSession } from "../engine/read-plan.ts";
import { limitSession, type SessionOptions } from "../engine/session.ts";
import type { AnswerRecording } from "./answer-recording.ts";

/** What the cache keeps of one request: its session, its loaders and what its reads came to. */
export interface RequestState {
  /** Look it up at each read, never keep it: a mutation and request headers replace it before the first read. */
  session: ReadSession;
  /** The session as the application began it, for every operation that runs with this context. */
  begun?: ReadSession;
  /** What was taken away from the request, for every operation that runs with this context. */
  limits?: readonly SessionOptions[];
  /** true: reads are recorded with path and key, for `extensions.cache`. */
  debug: boolean;
  /** One item per read of a cached field or entity row, in the order in which they ended. */
  readonly reads: FieldRead[];
  /** The request's own DataLoaders, by entity name. Private to `loaders/`. */
  readonly loaders: Map<string, unknown>;
  /** Rows were put into a loader's memo, or came from no entry, without a record among `reads`. */
  hasForeignRows?: boolean;
  /** What this execution is made of, while it is wanted. */
  recording?: AnswerRecording;
  /** HMACs of the principals met so far, by principal. Private to `audience.ts`. */
  readonly principals: Map<string, string>;
  /** Made for the first background refresh that this request sets off. Private to `cached-resolver.ts`. */
  background?: { readonly context: unknown };
}

/** What one read came to: `X-Cache`, `Cache-Control` and `extensions.cache` are computed from these. */
export interface FieldRead {
  /** `Product.price`, or `Product` for an entity's row. */
  readonly coordinate: string;
  readonly outcome: Outcome;
  readonly reason?: string | undefined;
  readonly ageMs?: number | undefined;
  readonly remainingMs?: number | undefined;
  readonly scope: "PUBLIC" | "PRIVATE";
  readonly lifetimes: Lifetimes;
  /** Response path; only while `debug` is on, and only of fields. */
  readonly path?: readonly (string | number)[];
  /** Full key; only while `debug` is on, and not of a bypass. */
  readonly key?: string;
}

/** Something of this request comes from no entry, and `reads` does not tell. */
export function markForeign(state: RequestState): void {
  state.hasForeignRows = true;
  state.recording?.spoil();
}

/** The request states of one cache; another cache in the same process has its own. */
export interface RequestStates {
  /**
   * The state of the request that this context belongs to, made at the first call.
   *
   * Survives a shallow copy of the context (Apollo Server makes one). With `info` it is the state of that very
   * execution: a context object that serves several operations (a constant, a batch) gets a state for each, so that
   * neither the session nor a loader's memo outlives its operation.
   */
  of(context: unknown, info?: GraphQLResolveInfo): RequestState;
  /** The request of this context begins now, unless it has begun before. */
  begin(context: object): void;
  /** A new state in the place of the one that the context has: what follows is another request. */
  renew(context: unknown): RequestState;
  /** Takes reading, writing or both away from a request that has not read yet. Never gives back. */
  restrict(context: unknown, limits: SessionOptions): void;
}

/** `openSession` is the engine's `cache.session`; `debug` is what new states begin with (default false). */
export function createRequestStates(options: {
  readonly openSession: () => ReadSession;
  readonly debug?: boolean;
}): RequestStates {
  // An own enumerable symbol is what Object.assign and a spread carry over to the copy.
  const slot = Symbol("fieldgate.request");
  const ofFrozen = new WeakMap<object, RequestState>();
  const ofExecution = new WeakMap<object, RequestState>();
  const claimed = new WeakSet<RequestState>();

  function open(): RequestState {
    return {
      session: options.openSession(),
      debug: options.debug ?? false,
      reads: [],
      loaders: new Map(),
      principals: new Map(),
    };
  }

  function stored(context: object): RequestState | undefined {
    return (context as Record<symbol, RequestState | undefined>)[slot] ?? ofFrozen.get(context);
  }

  function store(context: object, state: RequestState): void {
    const property = { value: state, enumerable: true, configurable: true, writable: true };
    if (!Reflect.defineProperty(context, slot, property)) ofFrozen.set(context, state);
  }

  function ofContext(context: unknown): RequestState {
    if (!isObject(context)) return open();
    return stored(context) ?? renew(context);
  }

  function renew(context: unknown): RequestState {
    const state = open();
    if (isObject(context)) store(context, state);
    return state;
  }

  function ofOperation(context: unknown, info: GraphQLResolveInfo): RequestState {
    // graphql-js coerces the variables into a new object for every execution: the one thing that tells two apart.
    const execution = info.variableValues;
    const known = ofExecution.get(execution);
    if (known !== undefined) return known;
    let state = ofContext(context);
    if (claimed.has(state)) {
      const { debug, begun, limits = [] } = state;
      state = renew(context);
      state.debug = debug;
      // Operations of a batch: what the context holds was read for each of them when the first one began.
      if (begun !== undefined) Object.assign(state, { begun, session: limitSession(begun, {}) });
      state.limits = limits;
      for (const one of limits) limit(state, one);
    }
    claimed.add(state);
    ofExecution.set(execution, state);
    if (info.operation.operation !== "query") limit(state, { read: false, write: false });
    return state;
  }

  function limit(state: RequestState, limits: SessionOptions): void {
    state.session = limitSession(state.session, limits);
  }

  function begin(context: object): void {
    const state = ofContext(context);
    state.begun ??= state.session;
  }

  function restrict(context: unknown, limits: SessionOptions): void {
    const state = ofContext(context);
    state.limits = [...(state.limits ?? []), limits];
    limit(state, limits);
    if (state.begun !== undefined) state.begun = limitSession(state.begun, limits);
  }

  return {
    of: (context, info) => (info === undefined ? ofContext(context) : ofOperation(context, info)),
    begin,
    renew,
    restrict,
  };
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
