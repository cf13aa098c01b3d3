/** A container as the engine tells of it, without a judgement. All of it is text from strangers. */
export interface ContainerData {
  readonly id: string;
  /** Without the slash that the engine puts before it. */
  readonly name: string;
  /** `running`, `paused`, `exited`, … */
  readonly state: string;
  readonly health: 'starting' | 'healthy' | 'unhealthy' | undefined;
  /** For people: `Up 2 minutes (healthy)`. */
  readonly status: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Those of its variables that say how it wants to be reached. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports that it says it listens on; TCP only, in order. */
  readonly exposed: readonly number[];
  readonly published: readonly PublishedPort[];
  /** In its networks. */
  readonly addresses: readonly string[];
  /** Real path of the folder that compose was run in; undefined without compose or where that folder is gone. */
  readonly directory: string | undefined;
}

/** A port of a container that is bound on the engine's machine. */
export interface PublishedPort {
  readonly port: number;
  /** Empty: all of them. */
  readonly address: string;
  readonly hostPort: number;
}
