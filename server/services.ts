/** placeholder until the rooms exist */
export type Services = Record<string, never>;
