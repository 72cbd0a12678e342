/** 1 in every run of the suite; `npm run soak` sets 100. */
export const size = Number(process.env["FIELDGATE_PROOF_SIZE"] ?? 1);

/** Repeats a proof that failed: it is printed with each run. Default: another one each time. */
export const seed = Number(process.env["FIELDGATE_PROOF_SEED"] ?? Date.now() % 1_000_000);
