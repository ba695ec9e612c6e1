export * from './audit.ts';
export * from './auth.ts';
export * from './drift.ts';
export * from './org.ts';
export * from './platform.ts';
export * from './projects.ts';
export * from './quotas.ts';
export * from './servers.ts';
