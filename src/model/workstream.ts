import type { Problem } from './problem.ts';

/** `main` for the main checkout, `workstream` for any other copy. */
export type Mode = 'main' | 'workstream';

export type ServiceKind = 'http' | 'tcp';

/**
 * What the resolver computed for one copy; the shape that `stack-env --json` prints (DESIGN §6).
 */
export interface Resolution {
  /** The folder's name. */
  readonly name: string;
  readonly project: string;
  readonly mode: Mode;
  /** Added to each base port; 0 for main. */
  readonly slot: number;
  /** Real path of the copy. */
  readonly directory: string;
  readonly services: Readonly<Record<string, ResolvedService>>;
  /** Every variable the resolver owns, in the order in which it is printed. */
  readonly env: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

export type ResolvedService = ResolvedHttpService | ResolvedTcpService;

export interface ResolvedHttpService {
  readonly kind: 'http';
  readonly port: number;
  /** The canonical hostname. */
  readonly hostname: string;
  /** Main: `http://localhost:PORT`; workstream: the canonical address at the proxy. */
  readonly url: string;
  /** `http://localhost:PORT`; `https:` where the service speaks that. */
  readonly localUrl: string;
  /** The service that the bare name of the workstream leads to. */
  readonly default?: true;
  /** Names below its hostnames lead to it as well. */
  readonly subdomains?: true;
  /** What it speaks, if not HTTP/1.1 in clear text. */
  readonly protocol?: UpstreamProtocol;
  /** Path that answers 2xx when the service is healthy. */
  readonly health?: string;
  /** The port that it listens on inside a container. */
  readonly containerPort?: number;
}

export interface ResolvedTcpService {
  readonly kind: 'tcp';
  readonly port: number;
  readonly containerPort?: number;
}

/** The address a route leads to. `localhost` means: both loopback families are tried, 127.0.0.1 and ::1. */
export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** Undefined: HTTP/1.1 in clear text. */
  readonly protocol?: UpstreamProtocol | undefined;
}

/** `h2c`: HTTP/2 in clear text, as gRPC servers speak it; `https`: HTTP/1.1 over TLS. */
export type UpstreamProtocol = 'h2c' | 'https';

/** A service as one provider knows it. */
export interface ServiceClaim {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly upstream: Upstream;
  readonly isDefault: boolean;
  readonly subdomains: boolean;
  readonly health: string | undefined;
  /** The port that it listens on inside a container, where the project's file says so. */
  readonly containerPort?: number | undefined;
  /** Hostnames beside those that follow from its names; they never take one that does. */
  readonly aliases?: readonly string[];
  /** Name of the container that it runs in. */
  readonly container?: string;
  /** Set where the provider knows how it is, so that nobody has to look at its port. */
  readonly state?: 'up' | 'down' | 'starting';
}

/** A copy as one provider knows it. A bad copy has problems and no services, and hides nobody else's. */
export interface CopyClaim {
  readonly name: string;
  readonly project: string;
  readonly mode: Mode;
  readonly slot: number;
  readonly directory: string;
  readonly branch: string | undefined;
  readonly services: readonly ServiceClaim[];
  readonly problems: readonly Problem[];
  /** The project name that compose gets in this copy. */
  readonly composeProject?: string | undefined;
  /** Set where it is no copy but something beside them, which gets only hostnames that no copy has. */
  readonly outside?: true;
}

/** Everything one provider knows now; complete, never a difference to an earlier one. */
export interface Snapshot {
  readonly provider: string;
  readonly copies: readonly CopyClaim[];
  /** Findings that belong to no copy, such as a root that cannot be read. */
  readonly problems: readonly Problem[];
}

/**
 * `unknown` until liveness has looked; `foreign`: the port is held by a process of another copy; `starting`: its container is not
 * healthy yet.
 */
export type ServiceState = 'up' | 'down' | 'unknown' | 'foreign' | 'starting';

/** A service of a live workstream, as the status API gives it. */
export interface Service {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly port: number;
  readonly state: ServiceState;
  readonly provider: string;
  /** `127.0.0.1:8003` */
  readonly upstream: string;
  /** The canonical address; http services only. */
  readonly url?: string;
  /** The address without the proxy, for programs that do not resolve `*.localhost`; http services only. */
  readonly localUrl?: string;
  /** All addresses, the canonical one first. */
  readonly urls: readonly string[];
  /** The bare name of the workstream leads to it. */
  readonly default?: true;
  /** Name of the container that it runs in. */
  readonly container?: string;
  /** The process that listens on its port, where that can be seen. */
  readonly owner?: ServiceOwner;
}

/** A process that listens on a port: the one that opened it. */
export interface ServiceOwner {
  readonly pid: number;
  /** Its command line, without what looks like a secret. */
  readonly command: string;
}

/** A copy plus its running environment, as the status API gives it (DESIGN §8). */
export interface Workstream {
  readonly name: string;
  readonly project: string;
  readonly mode: Mode;
  readonly slot: number;
  readonly directory: string;
  readonly branch?: string;
  /** Whether any of its services is up. */
  readonly live: boolean;
  readonly problems: readonly Problem[];
  readonly services: readonly Service[];
}

/** What the registry publishes; `version` grows with every change. */
export interface State {
  readonly version: number;
  readonly problems: readonly Problem[];
  readonly workstreams: readonly Workstream[];
}
