import type { Problem } from '../model/problem.ts';
import type { Mode, ServiceKind } from '../model/workstream.ts';

/** A service of the copy that the tests run in. */
export interface TestService {
  readonly kind: ServiceKind;
  readonly port: number;
  /** Where tests reach it: at the proxy, where one answers for this copy, else `localUrl`; main keeps `localUrl`. http services only. */
  readonly url?: string;
  /** Its address without the proxy; http services only. */
  readonly localUrl?: string;
  /** The service that is meant where none is named. */
  readonly default?: true;
}

/** Everything that is found out once for a run: the copy, and what leads to it. */
export interface Surroundings {
  readonly name: string;
  readonly project: string;
  readonly mode: Mode;
  readonly slot: number;
  /** Real path of the copy. */
  readonly directory: string;
  /** What is to be known, and keeps nothing from running. */
  readonly warnings: readonly Problem[];
  readonly services: Readonly<Record<string, TestService>>;
  /** The variables of this copy. */
  readonly env: Readonly<Record<string, string>>;
  /** Names under these lead to `loopback`. */
  readonly suffixes: readonly string[];
  /** Where the proxy listens. */
  readonly loopback: string;
  /** Our root certificate (PEM), where there is one. */
  readonly root?: string;
  /** SHA-256 of the public keys (SPKI, base64) that the proxy has shown for this copy's hostnames, in certificates of our root. */
  readonly keys: readonly string[];
  /** Where what tests keep of this copy is kept. */
  readonly stateFolder: string;
}

/** A base URL that somebody has written down, and where. */
export interface StatedUrl {
  readonly source: string;
  readonly value: string;
}

/** What `look.ts` is asked. */
export interface Question {
  readonly directory: string;
  readonly stated: readonly StatedUrl[];
  readonly hostnames: readonly string[];
}
