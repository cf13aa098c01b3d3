/** The library behind `stack-env`: what a copy of a project is and which ports, addresses and variables it has. */
export type { ProxyAddress } from '../model/address.ts';
export type { ErrorCode } from '../model/errors.ts';
export { type Problem, SidingsError } from '../model/problem.ts';
export type {
  Mode,
  Resolution,
  ResolvedHttpService,
  ResolvedService,
  ResolvedTcpService,
  ServiceKind,
} from '../model/workstream.ts';
export { cachedResolver } from './cache.ts';
export { findCopy } from './find-copy.ts';
export { formatDotenv, formatShell } from './formats.ts';
export { type KnownCopy, knownCopies, sharedSlot } from './known-copies.ts';
export { type ProjectFile, projectFileName, readProjectFile } from './project-file.ts';
export { type ResolverSettings, resolveCopy } from './resolve.ts';
