import type { BehindStore } from "./behind-store.ts";
import type {
  BeginReply,
  BeginRequest,
  LogPosition,
  LogRequest,
  LogSince,
  PrimeRequest,
  PutRequest,
  ReadReply,
  ReadRequest,
  ReleaseRequest,
  RenewRequest,
  StampRequest,
  Store,
  StoreFailure,
  StoreState,
} from "./store.ts";

/** Hands every step on as it is: what a store that wraps another one changes stands in its own class, and nothing else. */
export class ForwardingStore implements Store {
  protected readonly inner: Store;

  readonly enrol?: NonNullable<Store["enrol"]>;

  constructor(inner: Store) {
    this.inner = inner;
    const enrol = inner.enrol?.bind(inner);
    if (enrol !== undefined) this.enrol = enrol;
  }

  get kind(): Store["kind"] {
    return this.inner.kind;
  }

  get buckets(): number {
    return this.inner.buckets;
  }

  bucketOf(hashTag: string): number {
    return this.inner.bucketOf(hashTag);
  }

  nodeOf(hashTag: string): string {
    return this.inner.nodeOf(hashTag);
  }

  ready(): Promise<void> {
    return this.inner.ready();
  }

  read(request: ReadRequest): Promise<ReadReply> {
    return this.inner.read(request);
  }

  begin(requests: readonly BeginRequest[]): Promise<readonly (BeginReply | StoreFailure)[]> {
    return this.inner.begin(requests);
  }

  stamps(requests: readonly StampRequest[]): Promise<readonly (string | StoreFailure)[]> {
    return this.inner.stamps(requests);
  }

  logSince(request: LogRequest): Promise<LogSince | StoreFailure> {
    return this.inner.logSince(request);
  }

  put(requests: readonly PutRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.inner.put(requests);
  }

  prime(requests: readonly PrimeRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.inner.prime(requests);
  }

  release(requests: readonly ReleaseRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.inner.release(requests);
  }

  renew(requests: readonly RenewRequest[]): Promise<readonly (boolean | StoreFailure)[]> {
    return this.inner.renew(requests);
  }

  announce(token: string, names: readonly string[]): Promise<StoreFailure | undefined> {
    return this.inner.announce(token, names);
  }

  dropStamps(stampKeys: readonly string[]): Promise<StoreFailure | undefined> {
    return this.inner.dropStamps(stampKeys);
  }

  appendLog(token: string, names: readonly string[]): Promise<boolean | StoreFailure> {
    return this.inner.appendLog(token, names);
  }

  position(): LogPosition | undefined {
    return this.inner.position();
  }

  scan(visit: (key: string) => void): Promise<StoreFailure | undefined> {
    return this.inner.scan(visit);
  }

  now(home: string): number {
    return this.inner.now(home);
  }

  away(): Iterable<string> {
    return this.inner.away?.() ?? [];
  }

  state(): StoreState {
    return this.inner.state();
  }

  get behind(): BehindStore {
    return this.inner.behind;
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
