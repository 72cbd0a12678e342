/** What resolvers see in place of the schema's names; for them, and for their generated types. */
export const enumValues = {
  BaselineStatus: { LIMITED: "limited", NEWLY: "newly", WIDELY: "widely" },
  BrowserKind: { DESKTOP: "desktop", MOBILE: "mobile", SERVER: "server", XR: "xr" },
  ReleaseStatus: {
    RETIRED: "retired",
    CURRENT: "current",
    BETA: "beta",
    NIGHTLY: "nightly",
    ESR: "esr",
    PLANNED: "planned",
  },
  SpecificationStanding: { GOOD: "good", PENDING: "pending", DISCONTINUED: "discontinued" },
  SupportStatus: { YES: "yes", NO: "no", PREVIEW: "preview" },
} as const;
