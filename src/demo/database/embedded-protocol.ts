/** What the gateway's thread asks of the thread that holds the embedded database. */
export type EmbeddedRequest =
  | {
      readonly id: number;
      readonly kind: "query";
      readonly sql: string;
      readonly parameters: readonly unknown[];
    }
  | { readonly id: number; readonly kind: "listen"; readonly channel: string }
  | { readonly id: number; readonly kind: "close" };

export interface EmbeddedResult {
  readonly rows: readonly unknown[];
  readonly affectedRows: number;
}

/** What comes back: one answer per request, and notifications at any time. */
export type EmbeddedMessage =
  | { readonly kind: "answer"; readonly id: number; readonly result: EmbeddedResult }
  | { readonly kind: "failure"; readonly id: number; readonly error: EmbeddedFailure }
  | { readonly kind: "notification"; readonly channel: string; readonly payload: string };

/** An error as plain data: a thread boundary keeps neither class nor own properties. */
export interface EmbeddedFailure {
  readonly message: string;
  /** SQLSTATE, detail and the like, as `pg` names them. */
  readonly fields: Readonly<Record<string, string>>;
}
